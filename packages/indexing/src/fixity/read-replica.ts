/** Reads what the replica is known to hold, to the last byte; what it lacks is copied again. */
import {
  type ObjectToReplicate,
  type ReplicatedKind,
  readReplica,
  recordNotReplicated,
  replicatedObjects,
} from '@sandyq/database';
import { journalPrefix, type ObjectStore } from '@sandyq/storage';
import { readJournalObject, sha256Of } from '../journal/read-batch.ts';
import { withSpoolCopy } from '../replication/spool-copy.ts';
import { checkBytes } from './check-bytes.ts';
import { checkSegment, type SegmentCheck } from './check-segment.ts';
import { attemptRepair, faultsOf, outcomeOf } from './findings.ts';
import type { FixityWork } from './fixity-work.ts';
import { type Repair, repaired } from './repair-ports.ts';
import { repairReplica } from './repair-replica.ts';
import { restoreObject } from './restore-object.ts';

const PAGE = 32;

/** Segments, quarantine objects and the journal of the replica. */
export async function readReplicaCopies(work: FixityWork): Promise<void> {
  if (work.replica === undefined) return;
  await readKind(work, work.replica, 'segment');
  if (work.request.studyInstanceUid !== undefined) return;
  await readKind(work, work.replica, 'quarantine');
  await readJournalCopy(work, work.replica);
}

async function readKind(work: FixityWork, replica: ObjectStore, kind: ReplicatedKind): Promise<void> {
  const { studyInstanceUid } = work.request;
  let after: string | undefined;
  for (;;) {
    const page = await replicatedObjects(work.ports.database, kind, { after, limit: PAGE, studyInstanceUid });
    for (const object of page) await readCopy(work, replica, object);
    after = page.at(-1)?.id;
    if (after === undefined) return;
  }
}

async function readCopy(work: FixityWork, replica: ObjectStore, object: ObjectToReplicate): Promise<void> {
  const { ports, request, signal } = work;
  const check = await examine(replica, object, signal);
  work.count('replicaObjects', check.bytesRead);
  if (check.outcome === 'whole') return;
  // What is missing is copied in the background; what is damaged stands in the way and needs a decision.
  if (check.outcome === 'missing') await recordNotReplicated(ports.database, object);
  const repair = request.repair
    ? await attemptRepair(ports, object.objectKey, () => repairReplica(ports, object, signal))
    : undefined;
  await work.found({
    kind: object.kind,
    store: 'replica',
    key: object.objectKey,
    condition: check.outcome,
    faults: faultsOf(check),
    instances: [],
    ...outcomeOf(repair),
  });
}

async function examine(
  replica: ObjectStore,
  object: ObjectToReplicate,
  signal: AbortSignal | undefined,
): Promise<SegmentCheck> {
  if (object.kind === 'segment') {
    return checkSegment(replica, { ...object, receiptSha256: object.sha256, condition: 'whole' }, signal);
  }
  return { ...(await checkBytes(replica, object, signal)), faults: [], ordinals: [] };
}

/** The store's own journal was read before: the copy is compared with it, as far as it goes. */
async function readJournalCopy(work: FixityWork, replica: ObjectStore): Promise<void> {
  const copied = await readReplica(work.ports.database);
  if (copied === undefined) return;
  for await (const { key } of work.ports.store.list(journalPrefix)) {
    if (key > copied.journal.key) return;
    const bytes = await readJournalObject(work.store, key, work.signal);
    const { outcome, bytesRead } = await checkBytes(
      replica,
      { objectKey: key, sha256: sha256Of(bytes) },
      work.signal,
    );
    work.count('replicaObjects', bytesRead);
    if (outcome === 'whole') continue;
    const repair = work.request.repair
      ? await attemptRepair(work.ports, key, () => copyBatch(work, key))
      : undefined;
    const kind = 'journal';
    const where = { kind, store: 'replica', key, condition: outcome, faults: [], instances: [] } as const;
    await work.found({ ...where, ...outcomeOf(repair) });
  }
}

async function copyBatch({ ports }: FixityWork, objectKey: string): Promise<Repair> {
  const { store, replica } = ports;
  if (replica === undefined) throw new TypeError('only a replica is repaired here');
  await withSpoolCopy(ports, objectKey, (copy) =>
    restoreObject(ports, { store: replica, storeName: 'replica', objectKey, copy }),
  );
  return repaired(`copied to the replica again from the ${store.kind} store`);
}
