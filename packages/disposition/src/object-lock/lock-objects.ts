/**
 * The locks of the store follow holds and schedules: of what has come at once, of all studies when a decision has changed,
 * and once a day for what time and rewrites have changed. Until then what a rewrite superseded stays locked, and is kept.
 */
import {
  activeHolds,
  advanceObjectLockCursor,
  type Cursor,
  lastChange,
  locksOfStudies,
  type ObjectLockState,
  readChanges,
  readObjectLockState,
  recordLockPass,
  streamSubjects,
} from '@sandyq/database';
import { scheduleInForce } from '../schedules/schedule-in-force.ts';
import { lockObjectsOfStudy, type ObjectLockPorts } from './lock-objects-of-study.ts';
import { differs, wantedLock } from './wanted-lock.ts';

const CHANGES_AT_ONCE = 500;

/** Before anything was published. */
const FEED_BEGIN: Cursor = { epoch: 0, position: 0 };

/**
 * One round; returns how many objects were locked or unlocked. Whatever ends it, the next one goes on: what the store
 * was told is noted object by object. Throws StorageError and DatabaseError.
 */
export async function lockObjects(ports: ObjectLockPorts, signal?: AbortSignal): Promise<number> {
  const state = await readObjectLockState(ports.database);
  return state.isPassDue
    ? askAllStudies(ports, state, signal)
    : lookAtChanges(ports, state.cursor ?? FEED_BEGIN, signal);
}

async function lockStudies(
  ports: ObjectLockPorts,
  studyInstanceUids: Iterable<string>,
  signal: AbortSignal | undefined,
): Promise<number> {
  let changed = 0;
  for (const studyInstanceUid of studyInstanceUids) {
    signal?.throwIfAborted();
    changed += await lockObjectsOfStudy(ports, studyInstanceUid);
  }
  return changed;
}

/** Holds, schedule and feed are read first: what is decided or comes during the pass is seen by the next round. */
async function askAllStudies(
  ports: ObjectLockPorts,
  { decisions, cursor }: ObjectLockState,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { database, logger } = ports;
  const now = ports.now();
  const begin = cursor ?? (await lastChange(database)) ?? FEED_BEGIN;
  const holds = await activeHolds(database);
  const schedule = (await scheduleInForce(database, now))?.rules;
  let changed = 0;
  for await (const subjects of streamSubjects(database, { signal })) {
    const uids = subjects.map(({ studyInstanceUid }) => studyInstanceUid);
    const locks = new Map(
      (await locksOfStudies(database, uids)).map((found) => [found.studyInstanceUid, found]),
    );
    const due = subjects.filter((subject) => {
      const found = locks.get(subject.studyInstanceUid);
      return found !== undefined && differs(found, wantedLock(subject, now, { holds, schedule }), now);
    });
    const dueUids = due.map(({ studyInstanceUid }) => studyInstanceUid);
    changed += await lockStudies(ports, dueUids, signal);
  }
  await recordLockPass(database, { decisions, cursor: begin });
  logger.info('object-locks-compared', { changed });
  return changed;
}

/** What has come may be meant by a live query; where no hold is in force there is nothing to look at. */
async function lookAtChanges(
  ports: ObjectLockPorts,
  cursor: Cursor,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { database } = ports;
  const end = await lastChange(database);
  if ((await activeHolds(database)).length === 0) {
    if (end !== undefined) await advanceObjectLockCursor(database, end);
    return 0;
  }
  const changes = await readChanges(database, cursor, CHANGES_AT_ONCE);
  const last = changes.at(-1);
  if (last === undefined) return 0;
  const studies = new Set(changes.flatMap(({ studyInstanceUid }) => studyInstanceUid ?? []));
  const changed = await lockStudies(ports, studies, signal);
  await advanceObjectLockCursor(database, last);
  return changed;
}
