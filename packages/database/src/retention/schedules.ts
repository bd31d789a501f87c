/** Retention schedules in the database: versions, immutable; proposed by one, adopted (signed off) by another. */
import type { Queryable } from '../database.ts';
import { DatabaseError } from '../errors.ts';
import { writeJournalLine } from '../journal.ts';
import { rows } from '../read-rows.ts';
import { lockRegisters } from './registers-lock.ts';

/** A version of a schedule, without its text. */
export interface ScheduleVersion {
  readonly schedule: string;
  readonly version: number;
  /** SHA-256 of the text. */
  readonly sha256: Buffer;
  /** `YYYY-MM-DD`, in the schedule's time zone; it is in force before `effectiveUntil`. */
  readonly effectiveFrom: string;
  readonly effectiveUntil: string | undefined;
  readonly proposedBy: string;
  readonly proposedAt: Date;
  readonly adoptedBy: string | undefined;
  readonly adoptedAt: Date | undefined;
}

/** With the YAML as it was proposed. */
export interface WrittenSchedule extends ScheduleVersion {
  readonly text: string;
}

/** A version that is proposed; `effectiveFrom` and `effectiveUntil` are what its text says. */
export type NewSchedule = Omit<WrittenSchedule, 'proposedAt' | 'adoptedBy' | 'adoptedAt'>;

const COLUMNS = `schedule, version, sha256, effective_from as "effectiveFrom", effective_until as "effectiveUntil",
  proposed_by as "proposedBy", proposed_at as "proposedAt", adopted_by as "adoptedBy", adopted_at as "adoptedAt"`;

/**
 * Keeps a proposed version. The same text again is no fault. Throws DatabaseError('conflict') for another text of a version
 * that there is.
 */
export async function proposeSchedule(client: Queryable, proposed: NewSchedule): Promise<ScheduleVersion> {
  const { schedule, version, text, sha256, effectiveFrom, effectiveUntil, proposedBy } = proposed;
  await client.query({
    name: 'propose-schedule',
    text: `insert into retention_schedule
        (schedule, version, text, sha256, effective_from, effective_until, proposed_by, proposed_at)
      values ($1, $2, $3, $4, $5, $6, $7, date_trunc('milliseconds', now())) on conflict do nothing`,
    values: [schedule, version, text, sha256, effectiveFrom, effectiveUntil ?? null, proposedBy],
  });
  const kept = await readSchedule(client, schedule, version);
  if (kept.sha256.equals(sha256)) return kept;
  throw new DatabaseError(
    'conflict',
    `version ${version} of ${schedule} is there with another text: give the new text the next version`,
  );
}

/** One version. Throws DatabaseError('not-found'). */
export async function readSchedule(
  client: Queryable,
  schedule: string,
  version: number,
  lock: 'for update' | '' = '',
): Promise<WrittenSchedule> {
  const [found] = await rows<WrittenSchedule>(
    client,
    `select ${COLUMNS}, text from retention_schedule where schedule = $1 and version = $2 ${lock}`,
    [schedule, version],
  );
  if (found !== undefined) return found;
  throw new DatabaseError('not-found', `there is no version ${version} of ${schedule}`);
}

/** Every version of every schedule. They are few: laws change once in years. */
export async function listSchedules(client: Queryable): Promise<ScheduleVersion[]> {
  return rows<ScheduleVersion>(
    client,
    `select ${COLUMNS} from retention_schedule order by schedule, version`,
  );
}

/**
 * Signs a version off, with its journal line; call it at the beginning of a transaction, and report it when that line is in
 * the store. Whoever decides on a study shares the lock that it takes: what was decided by another version was decided before.
 * Throws DatabaseError('not-found'), or 'conflict' if it is adopted already or was proposed by the same principal.
 */
export async function adoptSchedule(
  client: Queryable,
  { schedule, version }: { readonly schedule: string; readonly version: number },
  adoptedBy: string,
): Promise<WrittenSchedule> {
  await lockRegisters(client);
  const proposed = await readSchedule(client, schedule, version, 'for update');
  if (proposed.adoptedAt !== undefined)
    throw new DatabaseError('conflict', `version ${version} of ${schedule} is adopted already`);
  if (proposed.proposedBy === adoptedBy)
    throw new DatabaseError(
      'conflict',
      'a schedule must be adopted by another person than the one who proposed it',
    );
  await client.query({
    name: 'adopt-schedule',
    text: `update retention_schedule set adopted_by = $3, adopted_at = date_trunc('milliseconds', now())
      where schedule = $1 and version = $2`,
    values: [schedule, version, adoptedBy],
  });
  const { text, proposedBy, proposedAt } = proposed;
  await writeJournalLine(client, {
    kind: 'schedule-adopted',
    decidedBy: adoptedBy,
    fact: { schedule, version, text, proposedBy, proposedAt: proposedAt.toISOString() },
  });
  return readSchedule(client, schedule, version);
}

const PRECEDENCE = 'effective_from desc, adopted_at desc, schedule, version desc';

/**
 * Adopted versions that may be in force around a day (`YYYY-MM-DD`, in UTC), the one that goes before the others first:
 * the latest to become effective, then the latest to be adopted. Which day it is in its time zone is the caller's to ask.
 */
export async function adoptedAround(client: Queryable, day: string): Promise<WrittenSchedule[]> {
  return rows<WrittenSchedule>(
    client,
    `select ${COLUMNS}, text from retention_schedule
      where adopted_at is not null and effective_from <= $1::date + 1
        and (effective_until is null or effective_until >= $1::date - 1)
      order by ${PRECEDENCE}`,
    [day],
  );
}

/** All adopted versions, in the order of {@link adoptedAround}. */
export async function adoptedSchedules(client: Queryable): Promise<WrittenSchedule[]> {
  return rows<WrittenSchedule>(
    client,
    `select ${COLUMNS}, text from retention_schedule where adopted_at is not null order by ${PRECEDENCE}`,
    [],
  );
}
