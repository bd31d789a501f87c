/** Decisions and reads that meet a rewrite: what they looked at lies somewhere else by now, so they look once more. */
import { DatabaseError, findQuarantined, type Quarantined } from '@sandyq/database';
import { isStorageError } from '@sandyq/storage';
import type { ReadingPorts } from './quarantine-ports.ts';
import { readKept } from './read-kept.ts';

/** So often at most: each time a rewrite must have come in between. */
const LOOKS = 3;

/**
 * Does the work again, from its beginning, if what it found was moved under it: its object is gone, or its transaction
 * was refused because the rows are others now. The work must look at the entry anew each time.
 */
export async function lookingAgain<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let look = 1; ; look += 1) {
    try {
      return await work();
    } catch (error) {
      if (look >= LOOKS || !mayHaveMoved(error)) throw error;
    }
  }
}

function mayHaveMoved(error: unknown): boolean {
  const isRefused =
    error instanceof DatabaseError && (error.code === 'contention' || error.code === 'conflict');
  return isRefused || isStorageError(error, 'not-found');
}

/** As {@link readKept}, of an entry that may be moved before its bytes are asked for. */
export async function* readQuarantined(
  { database, store }: ReadingPorts,
  entry: Quarantined,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  let hasBegun = false;
  try {
    for await (const chunk of readKept(store, entry, signal)) {
      hasBegun = true;
      yield chunk;
    }
  } catch (error) {
    const isGone = !hasBegun && isStorageError(error, 'not-found');
    const now = isGone ? await findQuarantined(database, entry.quarantineId) : undefined;
    if (now === undefined || now.objectKey === entry.objectKey) throw error;
    yield* readKept(store, now, signal);
  }
}
