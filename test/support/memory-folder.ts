/** Where tests keep what is theirs alone, is small files by the thousand, and need not outlive the machine. */
import { mkdtemp, statfs } from 'node:fs/promises';
import path from 'node:path';

/** Memory as a file system (Linux). */
const SHARED_MEMORY = '/dev/shm';
/** For the PostgreSQL of a run with its log, and what Node compiles. */
const NEEDED_BYTES = 4 * 2 ** 30;

/** A new folder in memory; undefined where there is no such file system, or too little room in it, as in containers by default. */
export async function makeMemoryFolder(): Promise<string | undefined> {
  const space = await statfs(SHARED_MEMORY).catch(() => undefined);
  if (space === undefined || space.bavail * space.bsize < NEEDED_BYTES) return undefined;
  return mkdtemp(path.join(SHARED_MEMORY, 'sandyq-test-'));
}
