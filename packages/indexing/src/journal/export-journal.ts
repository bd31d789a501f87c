/**
 * The journal's way into the store. A batch is assigned in a transaction, put as one object by whoever comes first, and
 * durable when the head has moved past it: whoever dies in between, the next one writes the same bytes to the same key.
 */
import {
  advanceJournalHead,
  assignJournalBatch,
  freeAssignedLines,
  pendingJournalLines,
  readJournalHead,
} from '@sandyq/database';
import { encodeJournalBatch, isStorageError, journalKey } from '@sandyq/storage';
import { JournalError } from '../errors.ts';
import { catchUpJournal } from './catch-up-journal.ts';
import type { JournalPorts } from './journal-ports.ts';
import { readJournalObject, sha256Of } from './read-batch.ts';
import { settleNewIndexOnce } from './settle-new-index.ts';

/** How often another database may come first before this one gives up for now. */
const MAX_CONTESTS = 16;

/**
 * Resolves when every line that was pending at the call is durable in the store, with how many lines were written here.
 * Crash safe; any number of processes may do it at once. Throws StorageError and DatabaseError: then what is pending
 * stays pending. Throws JournalError where the journal of the store cannot be continued.
 */
export async function exportJournal(ports: JournalPorts, signal?: AbortSignal): Promise<number> {
  const { database } = ports;
  const { lastLineId } = await pendingJournalLines(database);
  if (lastLineId === 0) return 0;
  await settleNewIndexOnce(ports);
  await assertHeadIsThere(ports, signal);
  let written = 0;
  for (let contests = 0; contests < MAX_CONTESTS; ) {
    signal?.throwIfAborted();
    const outcome = await exportBatch(ports, signal);
    if (outcome === 'contested') contests += 1;
    else written += outcome;
    const { count, oldestLineId } = await pendingJournalLines(database);
    if (count === 0 || oldestLineId > lastLineId) return written;
  }
  throw new JournalError('contested', 'Another database writes into the journal of this store.');
}

/** Writes the next batch; how many lines it has. `contested`: another batch stands in its place. */
async function exportBatch(
  ports: JournalPorts,
  signal: AbortSignal | undefined,
): Promise<number | 'contested'> {
  const { database, logger } = ports;
  const batch = await assignJournalBatch(database);
  if (batch === undefined) return 0;
  const bytes = encodeJournalBatch(batch);
  const key = journalKey(batch);
  if (await putOnce(ports, key, bytes, signal)) {
    const moved = await advanceJournalHead(database, batch, sha256Of(bytes));
    if (moved) logger.debug('journal-batch-exported', { key, lines: batch.lines.length });
    return batch.lines.length;
  }
  logger.warn('journal-contested', { key });
  await database.inTransaction(freeAssignedLines);
  await catchUpJournal(ports, { signal });
  return 'contested';
}

/**
 * Puts the bytes, unless they are there: a lost answer, a process that died, or another one that does the same. False:
 * other bytes are there.
 */
async function putOnce(
  { store, maintenance }: JournalPorts,
  key: string,
  bytes: Buffer,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    await store.putBytes(key, bytes, signal);
    return true;
  } catch (error) {
    const mayBeThere = isStorageError(error) && (error.code === 'exists' || error.retryable);
    if (!mayBeThere) throw error;
    const found = await readIfThere(store, key, signal);
    if (found === undefined) throw error;
    if (!found.equals(bytes)) return false;
    await maintenance.settle(key, signal);
    return true;
  }
}

async function readIfThere(
  store: JournalPorts['store'],
  key: string,
  signal: AbortSignal | undefined,
): Promise<Buffer | undefined> {
  try {
    return await readJournalObject(store, key, signal);
  } catch (error) {
    if (isStorageError(error, 'not-found')) return undefined;
    throw error;
  }
}

/** A store without the batch that is to be continued is another one, or an older copy: its journal is read first. */
async function assertHeadIsThere(ports: JournalPorts, signal: AbortSignal | undefined): Promise<void> {
  const { last } = await readJournalHead(ports.database);
  if (last === undefined || (await ports.store.stat(journalKey(last), signal)) !== undefined) return;
  await catchUpJournal(ports, { signal });
}

/** What an administrator is told whose decision is not in the store yet. */
const NOT_EXPORTED =
  'This is decided and recorded, but the object store does not answer: it takes effect when the store is back. ' +
  'Do not repeat it.';

/**
 * After a decision: it is reported as done only when its line is in the store. Throws JournalError('not-exported') where
 * store or database are away: it is decided, and its line follows.
 */
export async function exportDecision(ports: JournalPorts): Promise<void> {
  try {
    await exportJournal(ports);
  } catch (error) {
    if (error instanceof TypeError) throw error;
    ports.logger.error('decision-not-exported', { error });
    throw new JournalError('not-exported', NOT_EXPORTED, { cause: error });
  }
}
