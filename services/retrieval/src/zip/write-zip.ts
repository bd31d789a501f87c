/**
 * A zip file as a stream (docs/decisions/0023): what goes in comes out at once, framed as deflate blocks that compress nothing, so that
 * readers of streams find the end of a file whose length nobody knew. Memory: one directory entry a file.
 */
import { crc32 } from 'node:zlib';
import { HttpError } from '@sandyq/http';
import { centralHeader, dataDescriptor, LARGEST_32, localHeader, type WrittenFile } from './zip-entry.ts';

/** A file to be put in. */
export interface ZippedFile {
  /** Path inside the zip file, with slashes. */
  readonly name: string;
  /** Whether it may be 4 GiB or longer: only then may it be. */
  readonly isLarge: boolean;
  readonly body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

const DIRECTORY_END = 0x06054b50;
const DIRECTORY_END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const MOST_ENTRIES_16 = 0xffff;
const VERSION_ZIP64 = 45;

/** Longest stored block of deflate (RFC 1951 §3.2.4). */
const BLOCK_BYTES = 0xffff;
const BLOCK_HEAD_BYTES = 5;
const PIECE_BYTES = 16 * BLOCK_BYTES;
const LAST_BLOCK = Buffer.from([1, 0, 0, 0xff, 0xff]);

/**
 * The bytes of the zip file. Fails as a source does, and then has no end: nobody takes it for whole. `mostSmallBytes`: what a file that
 * is not announced as large stays below.
 */
export async function* writeZip(
  files: AsyncIterable<ZippedFile> | Iterable<ZippedFile>,
  mostSmallBytes = LARGEST_32,
): AsyncGenerator<Uint8Array> {
  const written: WrittenFile[] = [];
  let offset = 0;
  for await (const { name, isLarge, body } of files) {
    const file = { name: Buffer.from(name), offset, isLarge };
    const header = localHeader(file.name, isLarge);
    yield header;
    const counts = { crc32: 0, length: 0, storedLength: LAST_BLOCK.length };
    for await (const chunk of body) {
      counts.crc32 = crc32(chunk, counts.crc32);
      counts.length += chunk.length;
      counts.storedLength += chunk.length + BLOCK_HEAD_BYTES * Math.ceil(chunk.length / BLOCK_BYTES);
      if (!isLarge && counts.storedLength >= mostSmallBytes) throw tooLong();
      yield* storedBlocks(chunk);
    }
    const entry = { ...file, ...counts };
    const descriptor = dataDescriptor(entry);
    yield Buffer.concat([LAST_BLOCK, descriptor]);
    written.push(entry);
    offset += header.length + counts.storedLength + descriptor.length;
  }
  yield* directory(written, offset);
}

/** In pieces of up to a mebibyte: copying costs less than writing heads of five bytes one by one. */
function* storedBlocks(chunk: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < chunk.length; from += PIECE_BYTES) {
    const piece = chunk.subarray(from, from + PIECE_BYTES);
    const framed = Buffer.allocUnsafe(
      piece.length + BLOCK_HEAD_BYTES * Math.ceil(piece.length / BLOCK_BYTES),
    );
    let at = 0;
    for (let start = 0; start < piece.length; start += BLOCK_BYTES) {
      const block = piece.subarray(start, start + BLOCK_BYTES);
      at = framed.writeUInt8(0, at);
      at = framed.writeUInt16LE(block.length, at);
      at = framed.writeUInt16LE(block.length ^ BLOCK_BYTES, at);
      framed.set(block, at);
      at += block.length;
    }
    yield framed;
  }
}

/** The directory and what ends it (APPNOTE §4.3.14 to §4.3.16). `offset`: bytes before it. */
export function* directory(written: readonly WrittenFile[], offset: number): Generator<Uint8Array> {
  let length = 0;
  for (const entry of written) {
    const header = centralHeader(entry);
    length += header.length;
    yield header;
  }
  const isLarge = written.length >= MOST_ENTRIES_16 || offset >= LARGEST_32 || length >= LARGEST_32;
  if (isLarge) yield directoryEnd64(written.length, length, offset);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(DIRECTORY_END, 0);
  end.writeUInt16LE(Math.min(written.length, MOST_ENTRIES_16), 8);
  end.writeUInt16LE(Math.min(written.length, MOST_ENTRIES_16), 10);
  end.writeUInt32LE(Math.min(length, LARGEST_32), 12);
  end.writeUInt32LE(Math.min(offset, LARGEST_32), 16);
  yield end;
}

function directoryEnd64(entries: number, length: number, offset: number): Buffer {
  const record = Buffer.alloc(56 + 20);
  record.writeUInt32LE(DIRECTORY_END_64, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeUInt16LE(VERSION_ZIP64, 12);
  record.writeUInt16LE(VERSION_ZIP64, 14);
  record.writeBigUInt64LE(BigInt(entries), 24);
  record.writeBigUInt64LE(BigInt(entries), 32);
  record.writeBigUInt64LE(BigInt(length), 40);
  record.writeBigUInt64LE(BigInt(offset), 48);
  record.writeUInt32LE(LOCATOR_64, 56);
  record.writeBigUInt64LE(BigInt(offset + length), 64);
  record.writeUInt32LE(1, 72);
  return record;
}

/** A bound that its caller has drawn was wrong. */
function tooLong(): HttpError {
  return new HttpError('internal', 'A file is longer than its place in the zip file can say.');
}
