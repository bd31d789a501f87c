/** Text that is written once and sent often, as a piece of a deflate stream that others can be joined to; and back. */
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { constants, crc32, createDeflateRaw, createGunzip, gunzip } from 'node:zlib';
import type { DeflatedText } from '@sandyq/database';
import { JSON_LEVEL } from '../gzip.ts';
import { GzipMember } from './gzip-member.ts';

const CHUNK_BYTES = 64 * 1024;
const GATHERED_BYTES = 256 * 1024;
/** What zlib takes. */
const SMALLEST_CHUNK_BYTES = 64;

/**
 * The text, which comes in parts, compressed; undefined if that is more than `mostBytes`. The same text gives the same bytes, however
 * it is cut. Rejects as the source does.
 */
export async function deflateText(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  mostBytes: number,
): Promise<DeflatedText | undefined> {
  const deflater = new Deflater();
  try {
    for await (const part of source) {
      await deflater.write(part);
      if (deflater.bytes > mostBytes) return undefined;
    }
    const text = await deflater.end();
    return text.deflated.length > mostBytes ? undefined : text;
  } finally {
    deflater.destroy();
  }
}

/** All parts of the text; undefined if they have more than `mostBytes`. Rejects as the source does. */
export async function partsWithin(
  source: AsyncIterable<Buffer>,
  mostBytes: number,
): Promise<readonly Buffer[] | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of source) {
    parts.push(part);
    bytes += part.length;
    if (bytes > mostBytes) return undefined;
  }
  return parts;
}

/** Takes parts of any length: they are gathered in memory that is used again, for zlib has a price by the piece. */
class Deflater {
  // Flushed at the end, not finished: it ends on a byte boundary, and is not the last of its stream.
  readonly #stream = createDeflateRaw({
    level: JSON_LEVEL,
    chunkSize: CHUNK_BYTES,
    finishFlush: constants.Z_SYNC_FLUSH,
  });
  readonly #gathered = Buffer.allocUnsafeSlow(GATHERED_BYTES);
  readonly #chunks: Buffer[] = [];
  #gatheredBytes = 0;
  #textBytes = 0;
  #textCrc32 = 0;
  /** Written by the stream so far. */
  bytes = 0;

  constructor() {
    // Whoever writes is told.
    this.#stream.on('error', () => undefined);
    this.#stream.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.bytes += chunk.length;
    });
  }

  /** Most parts find room, and nobody waits. */
  async write(part: Uint8Array): Promise<void> {
    for (let from = 0; from < part.length; ) {
      const next = part.subarray(from, from + GATHERED_BYTES - this.#gatheredBytes);
      this.#gathered.set(next, this.#gatheredBytes);
      this.#gatheredBytes += next.length;
      from += next.length;
      if (this.#gatheredBytes === GATHERED_BYTES) await this.#flush();
    }
  }

  async end(): Promise<DeflatedText> {
    await this.#flush();
    const ended = once(this.#stream, 'end');
    this.#stream.end();
    await ended;
    const deflated = Buffer.concat(this.#chunks);
    return {
      deflated,
      deflatedCrc32: crc32(deflated),
      textBytes: this.#textBytes,
      textCrc32: this.#textCrc32,
    };
  }

  destroy(): void {
    this.#stream.destroy();
  }

  /** Resolves when the stream has taken it in, and its memory is free again. */
  async #flush(): Promise<void> {
    const text = this.#gathered.subarray(0, this.#gatheredBytes);
    this.#gatheredBytes = 0;
    this.#textBytes += text.length;
    this.#textCrc32 = crc32(text, this.#textCrc32);
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(text, (error) => (error ? reject(error) : resolve()));
    });
  }
}

const gunzipWhole: (
  bytes: Buffer,
  options: { chunkSize: number; maxOutputLength: number },
) => Promise<Buffer> = promisify(gunzip);

/** The text in one piece of memory. Throws if it is not what was compressed. */
export function inflateText(text: DeflatedText): Promise<Buffer> {
  const { textBytes } = text;
  // One byte more, so that the end is seen without a second buffer.
  const chunkSize = Math.max(textBytes + 1, SMALLEST_CHUNK_BYTES);
  const options = { chunkSize, maxOutputLength: Math.max(textBytes, 1) };
  return gunzipWhole(memberOf(text), options);
}

/** As {@link inflateText}, as it comes. */
export function inflatedText(text: DeflatedText): Readable {
  const inflate = createGunzip({ chunkSize: CHUNK_BYTES });
  inflate.end(memberOf(text));
  return inflate;
}

function memberOf(text: DeflatedText): Buffer {
  const member = new GzipMember();
  return Buffer.concat([member.begin(), member.piece(text), member.end('')]);
}
