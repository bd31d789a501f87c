/**
 * One process at a time per data folder.
 *
 * The lock is a file lock of the operating system on `{folder}/lock`, held through SQLite because Node has no file locks of
 * its own: it can't be stale, since the kernel releases it however its holder ends.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StandaloneError } from '../errors.ts';

/** A held lock. */
export interface DataFolderLock {
  /** Gives the folder free. Calling it again does nothing. */
  release(): void;
}

const SQLITE_BUSY = 5;

/** Takes the lock, or throws `data-folder-in-use` with the holder's process id, or `data-folder-not-writable`. */
export function lockDataFolder(folder: string): DataFolderLock {
  const holderFile = path.join(folder, 'lock-holder');
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(path.join(folder, 'lock'), { timeout: 0 });
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE');
    writeFileSync(holderFile, `${process.pid}\n`);
  } catch (cause) {
    lock?.close();
    throw lockError(folder, holderFile, cause);
  }
  const held = lock;
  return {
    release() {
      if (!held.isOpen) return;
      rmSync(holderFile, { force: true });
      held.close();
    },
  };
}

function lockError(folder: string, holderFile: string, cause: unknown): StandaloneError {
  if (cause instanceof Error && 'errcode' in cause && cause.errcode === SQLITE_BUSY) {
    const holder = readHolder(holderFile);
    return new StandaloneError(
      'data-folder-in-use',
      `The data folder ${folder} is in use by another Sandyq${holder === undefined ? '' : ` (process ${holder})`}. ` +
        'Stop that one first, or choose another folder with SANDYQ_DATA.',
      { cause },
    );
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StandaloneError(
    'data-folder-not-writable',
    `The data folder ${folder} can't be locked: ${reason}. It must be writable for user ${process.getuid?.() ?? 'of this process'}.`,
    { cause },
  );
}

function readHolder(holderFile: string): string | undefined {
  try {
    return /^\d+/.exec(readFileSync(holderFile, 'utf8'))?.[0];
  } catch {
    return undefined; // Only the number is missing from the message: its holder has not written it yet.
  }
}
