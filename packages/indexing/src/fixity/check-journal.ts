/**
 * Reads the journal's chain; where it is broken, compares every batch with what it must be, by the database's lines or by
 * the replica, and puts back what is wrong if that is wanted.
 */
import { isStorageError, type ObjectStore } from '@sandyq/storage';
import { verifyJournal } from '../journal/verify-journal.ts';
import { checkBytes } from './check-bytes.ts';
import { findAuthority, type JournalAuthority, type RightBatch } from './journal-authority.ts';
import { notRepairable, type Repair, type RepairPorts, repaired } from './repair-ports.ts';
import { restoreObject } from './restore-object.ts';

/** A batch that is not what it must be. */
export interface JournalFinding {
  readonly key: string;
  readonly condition: 'missing' | 'damaged';
  readonly message: string;
  /** Undefined: repairing was not asked for. */
  readonly repair: Repair | undefined;
}

export interface CheckJournalOptions {
  readonly repair: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Told of each finding once it is repaired or cannot be. */
  readonly onFinding: (finding: JournalFinding) => Promise<void>;
}

/** `read`: where the journal is read, the store at a rate. Returns how many batches were read. */
export async function checkJournal(
  ports: RepairPorts,
  read: ObjectStore,
  { repair, signal, onFinding }: CheckJournalOptions,
): Promise<number> {
  const { database, replica } = ports;
  const { batches, faults } = await verifyJournal({ database, store: read }, { signal });
  if (faults.length === 0) return batches;
  const authority = await findAuthority({ database, replica }, signal);
  const located =
    authority === undefined ? 0 : await compare(ports, read, { authority, repair, signal, onFinding });
  if (located > 0) return batches;
  // Nothing vouches for other bytes: the chain itself says where it is broken.
  for (const { key, fault } of faults) {
    const reason =
      authority === undefined ? 'neither database nor replica have the whole chain' : 'no batch differs';
    await onFinding({
      key,
      condition: 'damaged',
      message: fault,
      repair: repair ? notRepairable(reason) : undefined,
    });
  }
  return batches;
}

async function compare(
  ports: RepairPorts,
  read: ObjectStore,
  { authority, repair, signal, onFinding }: CheckJournalOptions & { readonly authority: JournalAuthority },
): Promise<number> {
  let located = 0;
  for await (const batch of authority.batches()) {
    const { outcome } = await checkBytes(read, { objectKey: batch.key, sha256: batch.sha256 }, signal);
    if (outcome === 'whole') continue;
    located += 1;
    await onFinding({
      key: batch.key,
      condition: outcome,
      message: outcome === 'missing' ? 'the batch is not in the store' : 'other bytes than the chain names',
      repair: repair ? await putBack(ports, batch, authority.name) : undefined,
    });
  }
  return located;
}

async function putBack(ports: RepairPorts, batch: RightBatch, source: string): Promise<Repair> {
  const { store, spool } = ports;
  try {
    const file = await spool.createLoose();
    await file.write(batch.bytes);
    const copy = await file.seal();
    try {
      await restoreObject(ports, { store, storeName: 'primary', objectKey: batch.key, copy });
    } finally {
      await spool.remove(copy);
    }
    return repaired(`put back from the ${source}`);
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return notRepairable(`it could not be put back: ${error.code}`);
  }
}
