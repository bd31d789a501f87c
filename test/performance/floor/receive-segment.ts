/** The write path of the floor: what a store request brings goes into one file, hashed in passing. */
import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { BodySplitter, type PartSink } from './body-splitter.ts';
import type { IndexRow } from './floor-index.ts';

/** So many bytes are written at a time. */
const WRITE_BYTES = 512 * 1_024;
/** The file meta information names the instance within these (PS3.10 §7.1). */
const HEAD_BYTES = 1_024;
/** Media Storage SOP Instance UID: tag and VR. */
const SOP_INSTANCE_UID = Buffer.from([0x02, 0x00, 0x03, 0x00, 0x55, 0x49]);

/** Writes the parts of a request one after the other and makes them durable: fsync of the file, then of its folder. */
export async function receiveSegment(
  request: IncomingMessage,
  target: {
    readonly folder: string;
    readonly folderHandle: FileHandle;
    readonly segment: string;
    readonly push: string;
  },
): Promise<readonly IndexRow[]> {
  const boundary = /boundary="?([^";]+)"?/.exec(request.headers['content-type'] ?? '')?.[1];
  if (boundary === undefined) throw new Error('multipart/related with a boundary expected');
  const file = await open(join(target.folder, target.segment), 'wx');
  try {
    const parts = new PartRows(target.segment, target.push);
    const splitter = new BodySplitter(boundary, parts);
    for await (const chunk of request as AsyncIterable<Buffer>) {
      splitter.feed(chunk);
      if (parts.unwrittenBytes >= WRITE_BYTES) await parts.writeTo(file);
    }
    if (!splitter.isClosed) throw new Error('the body has no end');
    await parts.writeTo(file);
    await file.sync();
    await target.folderHandle.sync();
    return parts.rows;
  } finally {
    await file.close();
  }
}

/** What is known of the parts so far, and their bytes that are not written yet. */
class PartRows implements PartSink {
  readonly rows: IndexRow[] = [];
  readonly #segment: string;
  readonly #push: string;
  #unwritten: Buffer[] = [];
  unwrittenBytes = 0;
  #offset = 0;
  #length = 0;
  #hash: Hash = createHash('sha256');
  #crc32 = 0;
  #head = Buffer.alloc(0);

  constructor(segment: string, push: string) {
    this.#segment = segment;
    this.#push = push;
  }

  begin(): void {
    this.#offset += this.#length;
    this.#length = 0;
    this.#hash = createHash('sha256');
    this.#crc32 = 0;
    this.#head = Buffer.alloc(0);
  }

  payload(bytes: Buffer): void {
    const missing = HEAD_BYTES - this.#head.length;
    if (missing > 0) this.#head = Buffer.concat([this.#head, bytes.subarray(0, missing)]);
    this.#hash.update(bytes);
    this.#crc32 = crc32(bytes, this.#crc32);
    this.#length += bytes.length;
    this.#unwritten.push(bytes);
    this.unwrittenBytes += bytes.length;
  }

  end(): void {
    this.rows.push({
      sopInstanceUid: sopInstanceUidOf(this.#head),
      push: this.#push,
      segment: this.#segment,
      offset: this.#offset,
      length: this.#length,
      sha256: this.#hash.digest(),
      crc32: this.#crc32,
    });
  }

  async writeTo(file: FileHandle): Promise<void> {
    const buffers = this.#unwritten;
    this.#unwritten = [];
    this.unwrittenBytes = 0;
    if (buffers.length > 0) await file.writev(buffers);
  }
}

/** The one attribute that the answer must name. */
function sopInstanceUidOf(head: Buffer): string {
  const at = head.indexOf(SOP_INSTANCE_UID);
  if (at < 0) throw new Error('a part without file meta information');
  const start = at + SOP_INSTANCE_UID.length + 2;
  return head.toString('latin1', start, start + head.readUInt16LE(start - 2)).replace(/\0$/, '');
}
