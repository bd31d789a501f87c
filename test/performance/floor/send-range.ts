/** The read path of the floor: a range of a file is read, its CRC-32 compared, and sent as the one part of an answer. */
import { type FileHandle, open } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** Bytes of a file. */
export interface FileRange {
  readonly segment: string;
  readonly offset: number;
  readonly length: number;
}

const BOUNDARY = 'floor-4b1f';
const MULTIPART = `multipart/related; type="application/dicom"; boundary=${BOUNDARY}`;
const PART_HEAD = Buffer.from(`\r\n--${BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n`);
const CLOSING = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
const MOST_OPEN_FILES = 1_000;
/** A fresh buffer of that size is fresh memory, page by page: half of what a read costs. */
const MOST_SPARE_BUFFERS = 64;
const BUFFER_BYTES = 64 * 1_024;

/** Reads ranges of the files of a folder; files that are read again stay open. */
export class RangeReader {
  readonly #folder: string;
  readonly #files = new Map<string, Promise<FileHandle>>();
  /** CRC-32 of ranges that were read before: what the archive knows from its receipt. */
  readonly #known = new Map<string, number>();

  /** By their size, to be used again. */
  readonly #spare = new Map<number, Buffer[]>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Give the bytes back when they are sent. Throws if they are not what they were. */
  async read(range: FileRange, expectedCrc32?: number): Promise<Buffer> {
    const file = await this.#open(range.segment);
    const bytes = this.#take(range.length);
    const { bytesRead } = await file.read(bytes, 0, range.length, range.offset);
    const actual = crc32(bytes);
    if (bytesRead !== range.length || actual !== (expectedCrc32 ?? this.#expected(range, actual))) {
      throw new Error(`damaged: ${range.segment}`);
    }
    return bytes;
  }

  /** Takes the bytes of a reading back. */
  give(bytes: Buffer): void {
    const spare = this.#spare.get(bytes.buffer.byteLength) ?? [];
    if (spare.length < MOST_SPARE_BUFFERS) spare.push(bytes);
    this.#spare.set(bytes.buffer.byteLength, spare);
  }

  async close(): Promise<void> {
    for (const file of this.#files.values()) await (await file).close();
  }

  #take(length: number): Buffer {
    const size = Math.ceil(length / BUFFER_BYTES) * BUFFER_BYTES;
    const spare = this.#spare.get(size)?.pop();
    return Buffer.from(spare?.buffer ?? new ArrayBuffer(size), 0, length);
  }

  #open(segment: string): Promise<FileHandle> {
    const known = this.#files.get(segment);
    if (known !== undefined) return known;
    const [oldest] = this.#files;
    if (this.#files.size >= MOST_OPEN_FILES && oldest !== undefined) {
      this.#files.delete(oldest[0]);
      void oldest[1].then((file) => file.close());
    }
    const file = open(join(this.#folder, segment));
    this.#files.set(segment, file);
    return file;
  }

  #expected({ segment, offset, length }: FileRange, actual: number): number {
    const key = `${segment} ${offset} ${length}`;
    const known = this.#known.get(key);
    if (known === undefined) this.#known.set(key, actual);
    return known ?? actual;
  }
}

/** One range, one part. */
export async function sendRange(
  response: ServerResponse,
  reader: RangeReader,
  range: FileRange,
  expectedCrc32?: number,
): Promise<void> {
  const bytes = await reader.read(range, expectedCrc32);
  sendHead(response, [bytes.length]);
  response.cork();
  response.write(PART_HEAD);
  response.write(bytes, giveBack(reader, bytes));
  response.end(CLOSING);
}

/** Many, one after the other: the next is read while the last is sent. */
export async function sendRanges(
  response: ServerResponse,
  reader: RangeReader,
  ranges: readonly (FileRange & { readonly crc32: number })[],
): Promise<void> {
  sendHead(
    response,
    ranges.map(({ length }) => length),
  );
  const read = (index: number) => {
    const range = ranges[index];
    return range && reader.read(range, range.crc32);
  };
  let next = read(0);
  for (let index = 1; next !== undefined; index += 1) {
    const bytes = await next;
    if (response.destroyed) return;
    next = read(index);
    response.cork();
    response.write(PART_HEAD);
    const hasRoom = response.write(bytes, giveBack(reader, bytes));
    response.uncork();
    if (!hasRoom && !response.destroyed) await drained(response);
  }
  response.end(CLOSING);
}

/** Once they are with the operating system; what was not sent is not used again. */
function giveBack(reader: RangeReader, bytes: Buffer): (error?: Error | null) => void {
  return (error) => {
    if (error === undefined || error === null) reader.give(bytes);
  };
}

function sendHead(response: ServerResponse, lengths: readonly number[]): void {
  const length = lengths.reduce((sum, bytes) => sum + PART_HEAD.length + bytes, CLOSING.length);
  response.writeHead(200, { 'content-type': MULTIPART, 'content-length': length });
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      response.off('drain', settle).off('close', settle);
      resolve();
    };
    response.on('drain', settle).on('close', settle);
  });
}
