/** Root restores for whoever the data folder belongs to: that user starts the archive. */
import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';

/** User and group of files. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const run = promisify(execFile);

/** The data folder's owner if this process is root and the folder another user's. */
export async function otherOwnerOf(dataDirectory: string): Promise<Owner | undefined> {
  const { uid, gid } = await stat(dataDirectory);
  return process.getuid?.() === 0 && uid !== 0 ? { uid, gid } : undefined;
}

/** Gives files, and folders with all that is in them, to the owner. */
export async function giveTo({ uid, gid }: Owner, paths: readonly string[]): Promise<void> {
  await run('chown', ['-R', '-h', `${uid}:${gid}`, ...paths]);
}
