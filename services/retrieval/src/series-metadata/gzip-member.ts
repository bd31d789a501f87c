/** Pieces of deflated text, joined into one gzip member (RFC 1952) without being compressed again. */
import { crc32 } from 'node:zlib';
import type { DeflatedText } from '@sandyq/database';
import { combineCrc32 } from './crc32-combine.ts';

/** No name, no time, unknown system. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
/** RFC 1951 §3.2.4. */
const LONGEST_STORED_BYTES = 0xff_ff;

/** Writes one member. Several would be read by few clients. */
export class GzipMember {
  #crc32 = 0;
  #textBytes = 0;

  /** What it begins with. */
  begin(): Buffer {
    return HEADER;
  }

  /** A short text as it is. */
  literal(text: string): Buffer {
    return this.#stored(Buffer.from(text), false);
  }

  /** A piece, which begins and ends on a byte boundary. */
  piece({ deflated, textBytes, textCrc32 }: DeflatedText): Buffer {
    this.#add(textCrc32, textBytes);
    return deflated;
  }

  /** The last text and what ends the member. */
  end(text: string): Buffer {
    const last = this.#stored(Buffer.from(text), true);
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(this.#crc32, 0);
    trailer.writeUInt32LE(this.#textBytes % 2 ** 32, 4);
    return Buffer.concat([last, trailer]);
  }

  /** A stored block (RFC 1951 §3.2.4), byte-aligned as what is before it. */
  #stored(text: Buffer, isLast: boolean): Buffer {
    if (text.length > LONGEST_STORED_BYTES) throw new RangeError('a stored block holds less than 64 KiB');
    const head = Buffer.alloc(5);
    head.writeUInt8(isLast ? 1 : 0, 0);
    head.writeUInt16LE(text.length, 1);
    head.writeUInt16LE(text.length ^ 0xff_ff, 3);
    this.#add(crc32(text), text.length);
    return Buffer.concat([head, text]);
  }

  #add(textCrc32: number, textBytes: number): void {
    this.#crc32 = combineCrc32(this.#crc32, textCrc32, textBytes);
    this.#textBytes += textBytes;
  }
}
