// Spool and store must share a file system, or link() cannot publish what the spool holds. Asked of the kernel by
// doing it: equal device numbers prove nothing across bind mounts.
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { isStorageError, StorageError } from '../errors.ts';
import type { FileSystem } from '../file-system/file-system.ts';
import { nodeFileSystem } from '../file-system/node-file-system.ts';

/**
 * Links a file of `spoolDirectory` (which exists) into the folder of the store, or, where that is not made yet, into
 * the one above it. Throws `different-file-system` with both paths and what to do; other errors as they come.
 */
export async function assertSameFileSystem(
  spoolDirectory: string,
  root: string,
  fileSystem: FileSystem = nodeFileSystem(),
): Promise<void> {
  const folder = await nearestExisting(root, fileSystem);
  const name = `.same-file-system-${randomUUID()}`;
  const probe = join(spoolDirectory, name);
  const linked = join(folder, `${name}-linked`);
  const file = await fileSystem.open(probe, 'create');
  try {
    await file.sync();
    await file.close();
    await fileSystem.link(probe, linked);
    await fileSystem.unlink(linked);
  } catch (error) {
    if (!isStorageError(error, 'different-file-system')) throw error;
    throw new StorageError(
      'different-file-system',
      `the spool ${spoolDirectory} and the object store ${root} are on different file systems (or mounts of one); ` +
        'put both below one mount, for instance below the same data folder',
      { cause: error },
    );
  } finally {
    await file.close();
    await fileSystem.unlink(probe);
  }
}

async function nearestExisting(path: string, fileSystem: FileSystem): Promise<string> {
  const parent = dirname(path);
  if (parent === path || (await fileSystem.stat(path)) !== undefined) return path;
  return nearestExisting(parent, fileSystem);
}
