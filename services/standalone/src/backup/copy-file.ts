/** Copies one file, durably, with the digest of what was written. Memory: one buffer, whatever the size. */
import { createHash, hash } from 'node:crypto';
import { type FileSystem, isStorageError, type OpenFile } from '@sandyq/storage';

/** What was written. */
export interface CopiedFile {
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
}

/** How to copy. */
export interface CopyOptions {
  readonly fileSystem: FileSystem;
  /** Called after each buffer with its bytes. */
  readonly onBytes?: (bytes: number) => void;
}

const BUFFER_BYTES = 1024 * 1024;

/** On return the bytes of `target` survive a crash, its name only when its folder is fsynced. Undefined: there is no `source`. */
export async function copyFile(
  source: string,
  target: string,
  { fileSystem, onBytes }: CopyOptions,
): Promise<CopiedFile | undefined> {
  const from = await openIfThere(source, fileSystem);
  if (from === undefined) return undefined;
  try {
    const to = await fileSystem.open(target, 'create');
    try {
      const copied = await digestChunks(from, async (chunk, position) => {
        await to.write(chunk, position);
        onBytes?.(chunk.length);
      });
      await to.sync();
      return copied;
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

/** Reads a file to its end. Undefined: there is none. */
export async function digestFile(
  file: string,
  { fileSystem, onBytes }: CopyOptions,
): Promise<CopiedFile | undefined> {
  const opened = await openIfThere(file, fileSystem);
  if (opened === undefined) return undefined;
  try {
    return await digestChunks(opened, (chunk) => Promise.resolve(onBytes?.(chunk.length)));
  } finally {
    await opened.close();
  }
}

/** Writes a new small file; its bytes survive a crash on return. */
export async function writeNewFile(
  target: string,
  bytes: Uint8Array,
  fileSystem: FileSystem,
): Promise<CopiedFile> {
  const file = await fileSystem.open(target, 'create');
  try {
    await file.write(bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  return { size: bytes.length, sha256: hash('sha256', bytes, 'hex') };
}

async function digestChunks(
  file: OpenFile,
  take: (chunk: Buffer, position: number) => Promise<void>,
): Promise<CopiedFile> {
  const hash = createHash('sha256');
  const { size: expected } = await file.stat();
  const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(BUFFER_BYTES, expected + 1)));
  let size = 0;
  for (;;) {
    const filled = await file.read(buffer, size);
    const chunk = buffer.subarray(0, filled);
    if (filled > 0) {
      hash.update(chunk);
      await take(chunk, size);
      size += filled;
    }
    if (filled < buffer.length) return { size, sha256: hash.digest('hex') };
  }
}

async function openIfThere(file: string, fileSystem: FileSystem): Promise<OpenFile | undefined> {
  try {
    return await fileSystem.open(file, 'read');
  } catch (error) {
    if (isStorageError(error, 'not-found')) return undefined;
    throw error;
  }
}
