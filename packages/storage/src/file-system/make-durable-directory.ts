// Makes the folder that everything else lies in, so that it survives a crash as surely as what will be put there.
import { dirname } from 'node:path';
import { isStorageError } from '../errors.ts';
import type { FileSystem } from './file-system.ts';

/**
 * On return `path` (absolute) and every folder above it exist, and survive a crash. Folders that are there already are
 * fsynced too: an earlier process may have made them and died before its own fsync. Errors: those of the file system.
 */
export async function makeDurableDirectory(path: string, fileSystem: FileSystem): Promise<void> {
  const parent = dirname(path);
  if (parent === path) return;
  await makeDurableDirectory(parent, fileSystem);
  if ((await fileSystem.stat(path)) === undefined) await makeIfAbsent(path, fileSystem);
  await syncOwn(parent, fileSystem);
}

async function makeIfAbsent(path: string, fileSystem: FileSystem): Promise<void> {
  try {
    await fileSystem.mkdir(path);
  } catch (error) {
    if (!isStorageError(error, 'exists')) throw error;
  }
}

/** A folder that this user may not even read was not filled by this user either. */
async function syncOwn(path: string, fileSystem: FileSystem): Promise<void> {
  try {
    await fileSystem.syncDirectory(path);
  } catch (error) {
    if (!isStorageError(error, 'access-denied')) throw error;
  }
}
