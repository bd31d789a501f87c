/**
 * Which of the database's files a backup holds. Left out is what belongs to the running server or is made anew at its start
 * (PostgreSQL manual, "Making a Base Backup": "Backing Up the Data Directory"), and the log, which is copied at the end.
 */
import path from 'node:path';
import { type FileSystem, isStorageError } from '@sandyq/storage';
import { RESTORED_MARK } from './restored-mark.ts';

/** A file to copy; `size` is what it had when it was listed. Path relative to the cluster, with `/`. */
export interface ClusterFile {
  readonly path: string;
  readonly size: number;
}

/** Everything that a copy of the cluster consists of; folders with parents first. */
export interface ClusterListing {
  readonly directories: readonly string[];
  readonly files: readonly ClusterFile[];
}

/** Says where the last checkpoint is: copied after everything else. */
export const CONTROL_FILE = 'global/pg_control';

/** Folders whose content is the running server's; they are kept, empty. */
const EMPTIED_FOLDERS = new Set([
  'pg_dynshmem',
  'pg_notify',
  'pg_replslot',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
  'pg_wal',
]);

const LEFT_OUT = new Set([
  'postmaster.pid',
  'postmaster.opts',
  'backup_label',
  'backup_label.old',
  'tablespace_map',
  'tablespace_map.old',
  'backup_manifest',
  'recovery.signal',
  'standby.signal',
  RESTORED_MARK,
  'postgresql.auto.conf.tmp',
  'current_logfiles.tmp',
  CONTROL_FILE,
]);

/** Lists a cluster, running or not. What vanishes meanwhile is passed over: the log replays its removal. */
export async function listCluster(cluster: string, fileSystem: FileSystem): Promise<ClusterListing> {
  const directories: string[] = [];
  const files: ClusterFile[] = [];
  const queue = [''];
  for (const directory of queue) {
    if (directory !== '') directories.push(directory);
    if (EMPTIED_FOLDERS.has(directory)) continue;
    for (const { name, kind } of await entriesOf(path.join(cluster, directory), fileSystem)) {
      const file = directory === '' ? name : `${directory}/${name}`;
      if (kind === 'directory' && !isTemporary(name)) queue.push(file);
      if (kind !== 'file' || isLeftOut(file)) continue;
      const found = await fileSystem.stat(path.join(cluster, file));
      if (found !== undefined) files.push({ path: file, size: found.size });
    }
  }
  return { directories, files };
}

/** Whether a backup does without this file. */
export function isLeftOut(file: string): boolean {
  return LEFT_OUT.has(file) || isTemporary(path.posix.basename(file));
}

/** Temporary files and tables, and a cache that is made anew. */
function isTemporary(name: string): boolean {
  return name.startsWith('pgsql_tmp') || name.startsWith('pg_internal.init') || /^t\d+_\d+/.test(name);
}

async function entriesOf(folder: string, fileSystem: FileSystem) {
  try {
    return await fileSystem.readdir(folder);
  } catch (error) {
    if (isStorageError(error, 'not-found')) return [];
    throw error;
  }
}
