/** Reads instances again, whole, and says of each whether the archive commits to keep it (PS3.18 §13, PS3.4 Annex J). */
import { createHash } from 'node:crypto';
import {
  type CommitmentReference,
  findKnownInstances,
  type InstanceLocation,
  type KnownInstance,
  locateInstances,
} from '@sandyq/database';
import { StorageError } from '@sandyq/storage';
import type { StoredBytes } from '../dependencies.ts';
import { damageOf, type Reader, readEntry, recordDamage } from '../read-entry.ts';
import { COMMITTED, CommitmentFailures } from './commitment-result.ts';

/** Looked up at a time: each location carries a table that grows with its frames. */
const PAGE = 64;

/** What is asked. */
export interface Verification {
  readonly references: readonly CommitmentReference[];
  /** The one facility whose instances may be told of. */
  readonly facilityId: number | undefined;
}

/**
 * For each reference, in order, its Failure Reason or 0: committed are only instances whose every stored byte was read again just now
 * and has the SHA-256 that was acknowledged. Throws what is trouble of ours (store away): nothing is decided then.
 */
export async function* verifyReferences(
  stored: StoredBytes,
  { references, facilityId }: Verification,
  reader: Reader,
): AsyncGenerator<number> {
  for (let from = 0; from < references.length; from += PAGE) {
    const page = references.slice(from, from + PAGE);
    const known = await findKnownInstances(
      stored.database,
      page.map(({ sopInstanceUid }) => sopInstanceUid),
    );
    const visible = known.filter(
      (instance) => facilityId === undefined || instance.facilityId === facilityId,
    );
    const located = await locateAll(stored, visible);
    for (const reference of page) {
      const instance = visible.find(({ sopInstanceUid }) => sopInstanceUid === reference.sopInstanceUid);
      const location = located.get(reference.sopInstanceUid);
      const refusal = judgeLookUp(reference, instance, location);
      if (refusal !== undefined) yield refusal;
      else if (location !== undefined) yield await judgeBytes(stored, location, reader);
    }
  }
}

async function locateAll(
  { database }: StoredBytes,
  known: readonly KnownInstance[],
): Promise<Map<string, InstanceLocation>> {
  const located = new Map<string, InstanceLocation>();
  for (const [studyKey, members] of Map.groupBy(known, (instance) => instance.studyKey)) {
    const uids = members.map(({ sopInstanceUid }) => sopInstanceUid);
    for (const location of await locateInstances(database, studyKey, uids)) {
      located.set(location.sopInstanceUid, location);
    }
  }
  return located;
}

/** What the index alone decides; undefined where the bytes have to. */
function judgeLookUp(
  { sopClassUid, studyInstanceUid, seriesInstanceUid }: CommitmentReference,
  instance: KnownInstance | undefined,
  location: InstanceLocation | undefined,
): number | undefined {
  if (instance === undefined || instance.state === 'rejected' || instance.state === 'disposed') {
    return CommitmentFailures.noSuchInstance;
  }
  // Held for its patient: kept, but nobody can retrieve it until that is decided.
  if (instance.state === 'identity-conflict' || location === undefined) {
    return CommitmentFailures.processingFailure;
  }
  const isElsewhere =
    (studyInstanceUid ?? instance.studyInstanceUid) !== instance.studyInstanceUid ||
    (seriesInstanceUid ?? location.seriesInstanceUid) !== location.seriesInstanceUid;
  if (isElsewhere) return CommitmentFailures.noSuchInstance;
  return location.sopClassUid === sopClassUid ? undefined : CommitmentFailures.classInstanceConflict;
}

async function judgeBytes(stored: StoredBytes, location: InstanceLocation, reader: Reader): Promise<number> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of readEntry(stored, location, reader)) hash.update(chunk);
  } catch (error) {
    if (damageOf(error) === undefined) throw error;
    return CommitmentFailures.processingFailure;
  }
  if (hash.digest().equals(location.sha256)) return COMMITTED;
  const error = new StorageError('damaged', 'an instance is not what its SHA-256 certifies');
  recordDamage(stored, location, reader.logger, error);
  return CommitmentFailures.processingFailure;
}
