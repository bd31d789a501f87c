/** The private folder of the database's Unix socket: whoever can enter it may connect, so only its owner can. */
import { hash } from 'node:crypto';
import { chmod, chown, lstat, mkdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { StandaloneError, systemErrorCode } from '../errors.ts';
import type { PostgresAccount } from './account.ts';

/** Longest path of a socket that every system takes, in bytes (macOS: 103, Linux: 107). */
const LONGEST_SOCKET_PATH = 103;

/** Where the socket of the database in this data folder is. Beside the database, or in the temporary folder if that path is too long. */
export function socketDirectoryOf(dataDirectory: string, temporaryFolder: string = os.tmpdir()): string {
  const beside = path.join(dataDirectory, 'postgres-socket');
  if (Buffer.byteLength(socketFile(beside)) <= LONGEST_SOCKET_PATH) return beside;
  const name = hash('sha256', dataDirectory, 'hex').slice(0, 16);
  return path.join(temporaryFolder, `sandyq-${name}`);
}

/**
 * Creates the folder (mode 0700, owned by the account), or makes sure that the existing one is nobody else's and takes
 * a killed server's socket out of it. Call it only when no server runs there any more.
 */
export async function makeSocketDirectory(directory: string, { owner }: PostgresAccount): Promise<void> {
  try {
    await mkdir(directory, { mode: 0o700 });
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
    await refuseForeign(directory, owner?.uid);
    // The new server would believe the lock if its number is another process's by now, as after a restart of a container.
    const socket = socketFile(directory);
    await Promise.all([socket, `${socket}.lock`].map((file) => rm(file, { force: true })));
  }
  await chmod(directory, 0o700);
  if (owner !== undefined) await chown(directory, owner.uid, owner.gid);
}

/** Removes the folder with what a killed database left in it. */
export async function removeSocketDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
}

function socketFile(directory: string): string {
  return path.join(directory, '.s.PGSQL.5432');
}

async function refuseForeign(directory: string, accountUid: number | undefined): Promise<void> {
  const found = await lstat(directory);
  const ours = [process.getuid?.(), accountUid];
  if (found.isDirectory() && ours.includes(found.uid)) return;
  throw new StandaloneError(
    'data-folder-not-writable',
    `${directory} exists and is not a folder of this user; the database's socket must be in a private one. Remove it.`,
  );
}
