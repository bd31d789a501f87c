// The bytes of a segment, wherever it is: an object of the store, or a file of the spool.
import { StorageError } from '../errors.ts';
import type { FileSystem, OpenFile } from '../file-system/file-system.ts';
import type { ByteRange, ObjectStore } from '../object-store.ts';

/** A segment that can be read anywhere. */
export interface SegmentBytes {
  /** Key or path, for messages. */
  readonly name: string;
  /** Bytes in all. */
  readonly size: number;
  /** The bytes of a range, in chunks. */
  read(range: ByteRange): AsyncIterable<Uint8Array>;
}

/** An object as a source. `size` spares asking for it where it is known. Errors: `not-found`. */
export async function objectBytes(
  store: ObjectStore,
  key: string,
  { size, signal }: { readonly size?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<SegmentBytes> {
  const known = size ?? (await store.stat(key, signal))?.size;
  if (known === undefined) throw new StorageError('not-found', `there is no object ${key}`);
  return {
    name: key,
    size: known,
    async *read(range) {
      yield* await store.read(key, range, signal);
    },
  };
}

/** An open file as a source; the caller closes it. */
export async function fileBytes(file: OpenFile): Promise<SegmentBytes> {
  const { size } = await file.stat();
  return { name: file.path, size, read: (range) => readFileRange(file, range) };
}

/** Calls `use` with the source of a file, and closes it. */
export async function withFileBytes<Result>(
  fileSystem: FileSystem,
  path: string,
  use: (source: SegmentBytes) => Promise<Result>,
): Promise<Result> {
  const file = await fileSystem.open(path, 'read');
  try {
    return await use(await fileBytes(file));
  } finally {
    await file.close();
  }
}

/** Exactly the bytes of a range, in one buffer. Errors: `short-read`. */
export async function readRange(source: SegmentBytes, range: ByteRange): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(range.length);
  let filled = 0;
  for await (const chunk of source.read(range)) {
    if (filled + chunk.length > range.length) break;
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  if (filled === range.length) return bytes;
  throw new StorageError(
    'short-read',
    `${source.name}: ${range.length} bytes wanted at byte ${range.offset}, others came`,
  );
}

const chunkBytes = 256 * 1024;

async function* readFileRange(file: OpenFile, { offset, length }: ByteRange): AsyncGenerator<Buffer> {
  for (let position = offset; position < offset + length; ) {
    const chunk = Buffer.allocUnsafeSlow(Math.min(chunkBytes, offset + length - position));
    const count = await file.read(chunk, position);
    if (count !== chunk.length)
      throw new StorageError('short-read', `${file.path} ends at byte ${position + count}`);
    yield chunk;
    position += count;
  }
}
