/**
 * The locks of the stores follow holds and schedules: of what has come or was moved at once, of all studies when a decision
 * has changed, and once a day for what time and rewrites have changed. Until then what a rewrite superseded stays locked,
 * and is kept.
 */
import {
  activeHolds,
  advanceObjectLockCursor,
  type Cursor,
  dueLocks,
  endDueLocks,
  type LockPlace,
  lastChange,
  locksOfStudies,
  type ObjectLockState,
  postponeObjectLocks,
  readChanges,
  readObjectLockState,
  recordLockPass,
  streamSubjects,
} from '@sandyq/database';
import { detailsAskedBy } from '@sandyq/retention';
import { scheduleInForce } from '../schedules/schedule-in-force.ts';
import { lockObjectsOfStudy, type ObjectLockPorts, placesOf } from './lock-objects-of-study.ts';
import { changeOf, wantedLock } from './wanted-lock.ts';

const CHANGES_AT_ONCE = 500;
const DUE_AT_ONCE = 100;

/** Seconds until a study is compared again of which a place is away. */
const RETRY_AWAY_SECONDS = 60;

/** Before anything was published. */
const FEED_BEGIN: Cursor = { epoch: 0, position: 0 };

/** A round, and what was found in it. */
interface Round extends ObjectLockPorts {
  /** Places beside the store that do not answer. */
  readonly away: Set<LockPlace>;
  readonly signal: AbortSignal | undefined;
}

/**
 * One round; returns how many objects were locked or unlocked. Whatever ends it, the next one goes on: what the stores
 * were told is noted object by object. Throws DatabaseError, and StorageError if the store is away; what lies in another
 * place that is waits for it.
 */
export async function lockObjects(ports: ObjectLockPorts, signal?: AbortSignal): Promise<number> {
  const round: Round = { ...ports, away: new Set(), signal };
  const changed = await lockDue(round);
  const state = await readObjectLockState(ports.database);
  return (
    changed +
    (state.isPassDue
      ? await askAllStudies(round, state)
      : await lookAtChanges(round, state.cursor ?? FEED_BEGIN))
  );
}

/** What has come to another place, what a deletion has met, what was left. */
async function lockDue(round: Round): Promise<number> {
  const { database } = round;
  for (let changed = 0; ; ) {
    const studies = await dueLocks(database, DUE_AT_ONCE);
    for (const due of studies) {
      if (due.studyInstanceUid !== undefined) changed += await lockStudies(round, [due.studyInstanceUid]);
      await endDueLocks(database, due);
    }
    if (studies.length < DUE_AT_ONCE) return changed;
  }
}

/** Those that could not be done whole are due again after a while. */
async function lockStudies(round: Round, studyInstanceUids: Iterable<string>): Promise<number> {
  let locked = 0;
  for (const studyInstanceUid of studyInstanceUids) {
    round.signal?.throwIfAborted();
    const { changed, isLeft } = await lockObjectsOfStudy(round, studyInstanceUid, round.away);
    locked += changed;
    if (isLeft) await postponeObjectLocks(round.database, studyInstanceUid, RETRY_AWAY_SECONDS);
  }
  return locked;
}

/** Holds, schedule and feed are read first: what is decided or comes during the pass is seen by the next round. */
async function askAllStudies(round: Round, { decisions, cursor }: ObjectLockState): Promise<number> {
  const { database, logger, signal } = round;
  const now = round.now();
  const context = { now, coldLocks: round.locks.cold !== undefined };
  const begin = cursor ?? (await lastChange(database)) ?? FEED_BEGIN;
  const holds = await activeHolds(database);
  const schedule = (await scheduleInForce(database, now))?.rules;
  const details = detailsAskedBy({ schedules: [schedule], holds });
  let changed = 0;
  for await (const subjects of streamSubjects(database, { details, signal })) {
    const uids = subjects.map(({ studyInstanceUid }) => studyInstanceUid);
    const locks = new Map(
      (await locksOfStudies(database, uids, placesOf(round.locks))).map((study) => [
        study.studyInstanceUid,
        study.locks,
      ]),
    );
    const due = subjects.filter((subject) => {
      const wanted = wantedLock(subject, now, { holds, schedule });
      return locks.get(subject.studyInstanceUid)?.some((lock) => changeOf(lock, wanted, context));
    });
    const dueUids = due.map(({ studyInstanceUid }) => studyInstanceUid);
    changed += await lockStudies(round, dueUids);
  }
  await recordLockPass(database, { decisions, cursor: begin });
  logger.info('object-locks-compared', { changed });
  return changed;
}

/** What has come may be meant by a live query; where no hold is in force there is nothing to look at. */
async function lookAtChanges(round: Round, cursor: Cursor): Promise<number> {
  const { database } = round;
  const end = await lastChange(database);
  if ((await activeHolds(database)).length === 0) {
    if (end !== undefined) await advanceObjectLockCursor(database, end);
    return 0;
  }
  const changes = await readChanges(database, cursor, CHANGES_AT_ONCE);
  const last = changes.at(-1);
  if (last === undefined) return 0;
  const studies = new Set(changes.flatMap(({ studyInstanceUid }) => studyInstanceUid ?? []));
  const changed = await lockStudies(round, studies);
  await advanceObjectLockCursor(database, last);
  return changed;
}
