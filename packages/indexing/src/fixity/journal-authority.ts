/**
 * The journal from another place than the store: the database's own lines, or the replica. Believed only if the digest of
 * its last batch is the one that the database knows: the chain then vouches for every batch before it.
 */
import { type Database, readDurableBatch, readJournalHead } from '@sandyq/database';
import {
  encodeJournalBatch,
  isStorageError,
  type JournalLink,
  journalKey,
  journalPrefix,
  type ObjectStore,
} from '@sandyq/storage';
import { readBatch, readJournalObject, sha256Of } from '../journal/read-batch.ts';

/** One batch as it must be. */
export interface RightBatch {
  readonly key: string;
  readonly bytes: Buffer;
  readonly sha256: Buffer;
}

/** Every batch up to the head, in order. */
export interface JournalAuthority {
  readonly name: 'database' | 'replica';
  batches(): AsyncIterable<RightBatch>;
}

/** The first that can be believed; undefined: neither can. */
export async function findAuthority(
  { database, replica }: { readonly database: Database; readonly replica: ObjectStore | undefined },
  signal?: AbortSignal,
): Promise<JournalAuthority | undefined> {
  const { last: head } = await readJournalHead(database);
  if (head === undefined) return undefined;
  const candidates: JournalAuthority[] = [
    { name: 'database', batches: () => batchesOfDatabase(database, head) },
  ];
  if (replica !== undefined) {
    candidates.push({ name: 'replica', batches: () => batchesOfReplica(replica, head, signal) });
  }
  for (const candidate of candidates) if (await leadsTo(candidate, head)) return candidate;
  return undefined;
}

async function leadsTo(candidate: JournalAuthority, head: JournalLink): Promise<boolean> {
  let last: RightBatch | undefined;
  try {
    for await (const batch of candidate.batches()) last = batch;
  } catch (error) {
    // A line that cannot be encoded, a replica that is damaged or away: then it vouches for nothing.
    if (isStorageError(error)) return false;
    throw error;
  }
  return last?.key === journalKey(head) && last.sha256.toString('hex') === head.sha256;
}

/** The same lines after the same batch have the same bytes (RFC 8785). */
async function* batchesOfDatabase(database: Database, head: JournalLink): AsyncGenerator<RightBatch> {
  for (let previous: JournalLink | undefined; ; ) {
    const batch = await readDurableBatch(database, previous);
    if (batch === undefined) return;
    const bytes = encodeJournalBatch({ ...batch, previous });
    const right = { key: journalKey(batch), bytes, sha256: sha256Of(bytes) };
    yield right;
    // The head may have moved since.
    if (right.key === journalKey(head)) return;
    previous = { epoch: batch.epoch, position: batch.position, sha256: right.sha256.toString('hex') };
  }
}

/** Each continues the one before; throws `damaged` where it does not. */
async function* batchesOfReplica(
  replica: ObjectStore,
  head: JournalLink,
  signal: AbortSignal | undefined,
): AsyncGenerator<RightBatch> {
  let previous: string | undefined;
  for await (const { key } of replica.list(journalPrefix)) {
    const { batch, link } = await readBatch(replica, key, signal);
    if (batch.previous?.sha256 !== previous) return;
    yield {
      key,
      bytes: await readJournalObject(replica, key, signal),
      sha256: Buffer.from(link.sha256, 'hex'),
    };
    if (key === journalKey(head)) return;
    previous = link.sha256;
  }
}
