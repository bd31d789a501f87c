/**
 * Says that a database has just been restored, from the restore to the first start: the archive must not judge what comes
 * before it has looked at what it has forgotten. The journal tells as much only where something was decided since.
 */
import path from 'node:path';
import { type Database, markIndexBehind } from '@sandyq/database';
import type { FileSystem } from '@sandyq/storage';
import { writeNewFile } from './copy-file.ts';

/** File among the database's, which PostgreSQL does not know and a backup leaves out. */
export const RESTORED_MARK = 'sandyq.restored';

/** Marks a cluster; durable when the cluster's folder is fsynced. */
export async function writeRestoredMark(cluster: string, fileSystem: FileSystem): Promise<void> {
  await writeNewFile(path.join(cluster, RESTORED_MARK), new Uint8Array(), fileSystem);
}

/** Tells the migrated database of the mark, then removes it. Returns whether there was one. */
export async function noteRestore(
  cluster: string,
  { database, fileSystem }: { readonly database: Database; readonly fileSystem: FileSystem },
): Promise<boolean> {
  const mark = path.join(cluster, RESTORED_MARK);
  if ((await fileSystem.stat(mark)) === undefined) return false;
  await markIndexBehind(database, 'restored');
  await fileSystem.unlink(mark);
  await fileSystem.syncDirectory(cluster);
  return true;
}
