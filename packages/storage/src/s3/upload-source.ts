// Where the bytes of a put come from: read as often as needed, range by range, each range of known length and MD5.
import { createHash, hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { StorageError } from '../errors.ts';
import { FileRangeReadable } from '../file-system/file-range-readable.ts';
import type { FileSystem } from '../file-system/file-system.ts';
import type { ByteRange, SealedFile } from '../object-store.ts';

/** Bytes to be put. `size` in bytes. */
export interface UploadSource {
  readonly size: number;
  /** MD5 of a range, lower-case hex. */
  md5(range: ByteRange): Promise<string>;
  /** A range, as a buffer or as a stream that errors if it cannot deliver all of it. */
  open(range: ByteRange): Promise<Buffer | Readable>;
}

/** Files up to this size are read once and kept in memory, instead of twice: once for the MD5, once to be sent. */
const bufferedBytes = 1024 * 1024;

/** Bytes hashed at a time. */
const hashChunkBytes = 512 * 1024;

/** The bytes themselves. */
export function bytesSource(bytes: Uint8Array): UploadSource {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const slice = ({ offset, length }: ByteRange): Buffer => buffer.subarray(offset, offset + length);
  return {
    size: buffer.length,
    md5: async (range) => hash('md5', slice(range), 'hex'),
    open: async (range) => slice(range),
  };
}

/** A sealed spool file. Throws `not-sealed` unless it has the stated size. */
export async function fileSource(fileSystem: FileSystem, file: SealedFile): Promise<UploadSource> {
  const found = await fileSystem.stat(file.path);
  if (found?.kind !== 'file' || found.size !== file.size) {
    const is = found === undefined ? 'is not there' : `has ${found.size} bytes`;
    throw new StorageError('not-sealed', `${file.path} ${is}, stated are ${file.size}`);
  }
  const open = async (range: ByteRange): Promise<Readable> =>
    new FileRangeReadable(await fileSystem.open(file.path, 'read'), range);
  if (file.size <= bufferedBytes) return bytesSource(await collect(await open(wholeOf(file))));
  return {
    size: file.size,
    md5: async (range) =>
      file.md5 !== undefined && range.length === file.size ? file.md5 : md5Of(fileSystem, file.path, range),
    open,
  };
}

/** All of a source. */
export function wholeOf(source: { readonly size: number }): ByteRange {
  return { offset: 0, length: source.size };
}

/** In one buffer that is used again and again, where a stream would leave one behind for each chunk. */
async function md5Of(fileSystem: FileSystem, path: string, { offset, length }: ByteRange): Promise<string> {
  const hash = createHash('md5');
  const buffer = Buffer.allocUnsafeSlow(Math.min(hashChunkBytes, length));
  const file = await fileSystem.open(path, 'read');
  try {
    for (let at = 0; at < length; at += buffer.length) {
      const chunk = buffer.subarray(0, Math.min(buffer.length, length - at));
      const filled = await file.read(chunk, offset + at);
      if (filled < chunk.length)
        throw new StorageError('short-read', `${path} ends at ${offset + at + filled}`);
      hash.update(chunk);
    }
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
