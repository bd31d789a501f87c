// Walks the folders of a filesystem store in key order. Holds the names of one folder a level, never the whole tree.
import { join } from 'node:path';
import { throwIfAborted } from '../abort.ts';
import { isStorageError } from '../errors.ts';
import type { DirectoryEntry, FileSystem } from '../file-system/file-system.ts';
import { assertPrefix, isKey } from '../key.ts';
import type { ListOptions, ObjectStat } from '../object-store.ts';

/** The objects below `root` whose keys begin with `prefix`, in key order. What is no key is passed over. */
export async function* listObjects(
  fileSystem: FileSystem,
  root: string,
  prefix: string,
  options: ListOptions,
): AsyncGenerator<ObjectStat> {
  assertPrefix(prefix);
  const wanted = { prefix, after: options.after ?? '', signal: options.signal };
  yield* walk(fileSystem, root, prefix.slice(0, prefix.lastIndexOf('/') + 1), wanted);
}

interface Wanted {
  readonly prefix: string;
  readonly after: string;
  readonly signal: AbortSignal | undefined;
}

async function* walk(
  fileSystem: FileSystem,
  root: string,
  folder: string,
  wanted: Wanted,
): AsyncGenerator<ObjectStat> {
  throwIfAborted(wanted.signal, `list ${wanted.prefix}`);
  for (const name of await orderedNames(fileSystem, join(root, folder))) {
    const key = folder + name;
    if (!mayHold(key, wanted)) continue;
    if (name.endsWith('/')) yield* walk(fileSystem, root, key, wanted);
    else if (isKey(key)) yield* found(key, await fileSystem.stat(join(root, key)));
  }
}

/** Folders end in `/` and are ordered with it, so that the order of the walk is the order of the keys' bytes. */
async function orderedNames(fileSystem: FileSystem, path: string): Promise<string[]> {
  let entries: DirectoryEntry[];
  try {
    entries = await fileSystem.readdir(path);
  } catch (error) {
    if (isStorageError(error, 'not-found')) return [];
    throw error;
  }
  const names = entries
    .filter((entry) => entry.kind !== 'other' && !entry.name.startsWith('.'))
    .map((entry) => (entry.kind === 'directory' ? `${entry.name}/` : entry.name));
  return names.sort(byBytes);
}

/** Whether `name`, a key or a folder ending in `/`, is or may contain something wanted. */
function mayHold(name: string, { prefix, after }: Wanted): boolean {
  if (!name.endsWith('/')) return name.startsWith(prefix) && name > after;
  const inPrefix = name.startsWith(prefix) || prefix.startsWith(name);
  return inPrefix && (name > after || after.startsWith(name));
}

/** Keys are ASCII: the order of their code units is the order of their bytes. */
function byBytes(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function* found(key: string, stat: Awaited<ReturnType<FileSystem['stat']>>): Generator<ObjectStat> {
  if (stat?.kind === 'file') yield { key, size: stat.size, lastModified: stat.modifiedAt };
}
