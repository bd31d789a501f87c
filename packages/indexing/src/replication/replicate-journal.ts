/**
 * Copies the journal to the replica, in its order: it is one chain, so a cursor says how far the copy goes. A batch is
 * copied when the next one, or the head of the journal, has named its digest.
 */
import { hash } from 'node:crypto';
import {
  advanceReplicaJournal,
  type Database,
  type JournalCursor,
  readJournalHead,
  readReplica,
  recordReplicaJournalFault,
} from '@sandyq/database';
import {
  isStorageError,
  type JournalBatch,
  journalKey,
  journalPrefix,
  type ObjectStat,
  type ObjectStore,
  parseJournalBatch,
} from '@sandyq/storage';
import type { Logger } from '@sandyq/telemetry';

interface Ports {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly replica: ObjectStore;
  readonly logger: Logger;
}

/** Batches copied in one call. */
const COPIED_AT_ONCE = 1_000;

/**
 * Copies what follows the cursor and returns how many batches. It stops at a batch that is damaged, or under whose key
 * the replica has something else: both are events, and on record for a person. Throws StorageError if a store is away.
 */
export async function replicateJournal(ports: Ports, signal: AbortSignal): Promise<number> {
  const replica = await readReplica(ports.database);
  if (replica === undefined) return 0;
  let cursor = replica.journal;
  let copied = 0;
  for await (const batch of certifiedBatches(ports, cursor, signal)) {
    const fault = batch.isSound ? await put(ports.replica, batch, signal) : 'damaged';
    if (fault !== undefined) {
      if (replica.journalFault === undefined) {
        ports.logger.error('journal-not-replicated', { reason: fault, objectKey: batch.culprit });
      }
      await recordReplicaJournalFault(ports.database, fault);
      return copied;
    }
    const next = { key: batch.key, sha256: batch.sha256 };
    // Another process copies, too: it has got as far as this, or further.
    if (!(await advanceReplicaJournal(ports.database, cursor, next))) return copied;
    cursor = next;
    copied += 1;
    if (copied === COPIED_AT_ONCE) return copied;
  }
  return copied;
}

interface StoredBatch {
  readonly key: string;
  readonly bytes: Buffer;
  readonly sha256: Buffer;
  /** Undefined if the bytes are no batch. */
  readonly batch: JournalBatch | undefined;
}

interface CertifiedBatch extends StoredBatch {
  /** It continues what was copied before, and is what its successor or the head says. */
  readonly isSound: boolean;
  /** Key of the batch that is wrong, if one is: this one, or the successor that cannot vouch for it. */
  readonly culprit: string;
}

/** The last one of the store is left for later if nothing vouches for it yet. */
async function* certifiedBatches(
  { database, store }: Ports,
  cursor: JournalCursor,
  signal: AbortSignal,
): AsyncGenerator<CertifiedBatch> {
  let before = cursor;
  let last: StoredBatch | undefined;
  for await (const object of listAfter(store, cursor.key, signal)) {
    const stored = await readBatch(store, object.key, signal);
    if (last !== undefined) {
      const isSound = continues(last, before) && isNamedBy(stored.batch, last);
      const isReadable = last.batch !== undefined && stored.batch === undefined;
      yield { ...last, isSound, culprit: isReadable ? stored.key : last.key };
      before = last;
    }
    last = stored;
  }
  if (last === undefined) return;
  const { last: head } = await readJournalHead(database);
  if (head === undefined || journalKey(head) !== last.key) return;
  const isSound = continues(last, before) && head.sha256 === last.sha256.toString('hex');
  yield { ...last, isSound, culprit: last.key };
}

function listAfter(store: ObjectStore, key: string, signal: AbortSignal): AsyncIterable<ObjectStat> {
  return store.list(journalPrefix, key === '' ? { signal } : { after: key, signal });
}

async function readBatch(store: ObjectStore, key: string, signal: AbortSignal): Promise<StoredBatch> {
  const chunks: Buffer[] = [];
  for await (const chunk of (await store.read(key, undefined, signal)) as AsyncIterable<Buffer>)
    chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return { key, bytes, sha256: hash('sha256', bytes, 'buffer'), batch: parsed(bytes) };
}

function parsed(bytes: Buffer): JournalBatch | undefined {
  try {
    return parseJournalBatch(bytes);
  } catch (error) {
    if (isStorageError(error, 'damaged')) return undefined;
    throw error;
  }
}

/** The first one of an empty cursor continues nothing. */
function continues({ batch, key }: StoredBatch, before: JournalCursor): boolean {
  if (batch === undefined || journalKey(batch) !== key) return false;
  if (before.key === '') return batch.previous === undefined;
  const { previous } = batch;
  return (
    previous !== undefined &&
    journalKey(previous) === before.key &&
    previous.sha256 === before.sha256?.toString('hex')
  );
}

function isNamedBy(successor: JournalBatch | undefined, { sha256 }: StoredBatch): boolean {
  return successor?.previous?.sha256 === sha256.toString('hex');
}

async function put(
  replica: ObjectStore,
  { key, bytes }: CertifiedBatch,
  signal: AbortSignal,
): Promise<'conflict' | undefined> {
  try {
    await replica.putBytes(key, bytes, signal);
    return undefined;
  } catch (error) {
    if (!isStorageError(error, 'exists')) throw error;
    const there = await readBatch(replica, key, signal);
    return there.bytes.equals(bytes) ? undefined : 'conflict';
  }
}

/** What of the journal waits to be copied. */
export interface JournalBacklog {
  readonly objects: number;
  readonly bytes: number;
  readonly oldestSeconds: number;
  readonly fault: 'damaged' | 'conflict' | undefined;
}

/** Lists what follows the cursor. */
export async function journalBacklog(
  { database, store }: Pick<Ports, 'database' | 'store'>,
  now: Date,
): Promise<JournalBacklog> {
  const replica = await readReplica(database);
  let [objects, bytes, oldest] = [0, 0, now.getTime()];
  for await (const object of listAfter(store, replica?.journal.key ?? '', new AbortController().signal)) {
    objects += 1;
    bytes += object.size;
    oldest = Math.min(oldest, object.lastModified.getTime());
  }
  return { objects, bytes, oldestSeconds: (now.getTime() - oldest) / 1_000, fault: replica?.journalFault };
}
