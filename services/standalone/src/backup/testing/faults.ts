/** What breaks in tests of backups. */
import { open } from 'node:fs/promises';
import { type FileSystem, nodeFileSystem, StorageError } from '@sandyq/storage';

const fileSystem = nodeFileSystem();

/** A disk that takes so many bytes. */
export function fullAfter(bytes: number): FileSystem {
  let left = bytes;
  return {
    ...fileSystem,
    open: async (name, mode) => {
      const file = await fileSystem.open(name, mode);
      const write = async (chunk: Uint8Array, position: number): Promise<void> => {
        left -= chunk.length;
        if (left < 0) throw new StorageError('no-space', `write ${name}: ENOSPC`);
        await file.write(chunk, position);
      };
      return {
        path: name,
        write,
        writev: (chunks, position) => file.writev(chunks, position),
        read: (into, position) => file.read(into, position),
        truncate: (length) => file.truncate(length),
        sync: () => file.sync(),
        stat: () => file.stat(),
        close: () => file.close(),
      };
    },
  };
}

/** Flips one bit of the byte 4,096. */
export async function flipBit(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    const byte = Buffer.alloc(1);
    await handle.read(byte, 0, 1, 4_096);
    byte.writeUInt8(byte.readUInt8() ^ 1);
    await handle.write(byte, 0, 1, 4_096);
  } finally {
    await handle.close();
  }
}
