/** Reads the whole journal and says what is wrong with its chain. Changes nothing. */
import { type JournalHead, readJournalHead } from '@sandyq/database';
import { endsEpoch, isBefore, isStorageError, journalKey, journalPrefix } from '@sandyq/storage';
import type { JournalPorts } from './journal-ports.ts';
import { chainFault, type JournalFault, type LastBatch, readBatch } from './read-batch.ts';

export interface JournalVerification {
  batches: number;
  lines: number;
  readonly faults: JournalFault[];
  /** Key of the last batch; undefined: there is none. */
  last: string | undefined;
}

export interface VerifyJournalOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (verification: JournalVerification) => void;
}

/**
 * Every batch is canonical, continues the one before, and the last one that the database knows is among them. Throws
 * StorageError and DatabaseError where store or database cannot be asked.
 */
export async function verifyJournal(
  { database, store }: Pick<JournalPorts, 'database' | 'store'>,
  { signal, onProgress }: VerifyJournalOptions = {},
): Promise<JournalVerification> {
  // Read first: the journal may grow meanwhile.
  const { last: head } = await readJournalHead(database);
  const verification: JournalVerification = { batches: 0, lines: 0, faults: [], last: undefined };
  let last: LastBatch | undefined;
  let isHeadSeen = head === undefined;
  for await (const { key } of store.list(journalPrefix, signal === undefined ? {} : { signal })) {
    try {
      const { batch, link } = await readBatch(store, key, signal);
      const fault = chainFault(last, batch);
      if (fault !== undefined) verification.faults.push({ key, fault });
      if (head !== undefined && head.sha256 === link.sha256) isHeadSeen = true;
      last = { link, endsEpoch: endsEpoch(batch) };
      verification.lines += batch.lines.length;
    } catch (error) {
      if (!isStorageError(error, 'damaged') && !isStorageError(error, 'unsupported-format')) throw error;
      verification.faults.push({ key, fault: error.message });
    }
    verification.batches += 1;
    verification.last = key;
    onProgress?.(verification);
  }
  if (!isHeadSeen && head !== undefined) verification.faults.push(headFault(head, last));
  return verification;
}

function headFault(head: NonNullable<JournalHead['last']>, last: LastBatch | undefined): JournalFault {
  const isBehind = last === undefined || isBefore(last.link, head);
  const fault = isBehind
    ? 'the database knows this batch as written, and the store does not have it'
    : 'the database knows other bytes of this batch';
  return { key: journalKey(head), fault };
}
