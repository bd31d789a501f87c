/** Bytes that were kept beside a study are not given up while a hold binds it. */
import { activeHolds, type Queryable, readSubject } from '@sandyq/database';
import type { LegalHold } from '@sandyq/retention';
import { DispositionError } from '../errors.ts';
import { holdsOverStudy } from './holds-over-study.ts';

/** Bytes that somebody wants to give up. */
export interface KeptBytes {
  /** What they are, e.g. `Quarantine entry 5`. */
  readonly what: string;
  readonly studyInstanceUid: string | undefined;
  /** Of the sender. */
  readonly facilityCode: string;
}

/**
 * Throws DispositionError('conflict') for bytes of a study that a hold binds; to be called in the transaction that gives
 * it up. Of a study that the archive does not have only its UID and the sender's facility are known: lists bind it, and
 * queries that ask for nothing else.
 */
export async function assertNotHeld(client: Queryable, bytes: KeptBytes, now: Date): Promise<void> {
  const { studyInstanceUid, what } = bytes;
  const subject = studyInstanceUid === undefined ? undefined : await readSubject(client, studyInstanceUid);
  const [hold] =
    subject === undefined
      ? (await activeHolds(client)).filter((active) => bindsUnknownStudy(active, bytes))
      : await holdsOverStudy(client, subject, now);
  if (hold === undefined) return;
  throw new DispositionError(
    'conflict',
    `${what} is of a study under legal hold ${hold.legalHoldId}: it stays until that is released.`,
  );
}

function bindsUnknownStudy({ scope }: LegalHold, { studyInstanceUid, facilityCode }: KeptBytes): boolean {
  const isListed = (uids: readonly string[]) =>
    studyInstanceUid !== undefined && uids.includes(studyInstanceUid);
  if (scope.kind === 'studies') return isListed(scope.studyInstanceUids);
  const { facility, study, ...others } = scope.condition;
  if (Object.keys(others).length > 0) return false;
  return (facility?.includes(facilityCode) ?? true) && (study === undefined || isListed(study));
}
