/** The lock under which a study is decided on: as the commit of newcomers takes it, series before study. */
import type { Queryable } from '../database.ts';
import { DatabaseError } from '../errors.ts';

/** A study that nobody adds to or takes from until the transaction ends. */
export interface LockedStudy {
  readonly studyKey: number;
  readonly facilityId: number;
  /** Code of its facility. */
  readonly facility: string;
  readonly revision: number;
}

/** How often a series may be added while the study is waited for. */
const MAX_ATTEMPTS = 16;

/**
 * Locks the study and all its series until the transaction ends; undefined where the archive has no such study. What is
 * read by a later statement is what counts: who came before has committed, who comes later waits. Call it before any
 * other statement that locks one of these rows. Throws DatabaseError('contention').
 */
export async function lockStudy(
  client: Queryable,
  studyInstanceUid: string,
): Promise<LockedStudy | undefined> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    await client.query({ text: 'savepoint before_study' });
    const series = await lockSeries(client, studyInstanceUid);
    const study = await lockRow(client, studyInstanceUid);
    if (study === undefined || (await countSeries(client, study.studyKey)) === series) {
      await client.query({ text: 'release savepoint before_study' });
      return study;
    }
    // A series came while the study was waited for. It must not be waited for under the lock of the study.
    await client.query({ text: 'rollback to savepoint before_study' });
  }
  throw new DatabaseError('contention', 'series are added to the study again and again');
}

async function lockSeries(client: Queryable, studyInstanceUid: string): Promise<number> {
  const locked = await client.query({
    name: 'lock-series-of-study',
    text: `select from series where study_key = (select study_key from study where study_instance_uid = $1)
      order by series_key for update`,
    values: [studyInstanceUid],
  });
  return locked.rowCount ?? 0;
}

async function lockRow(client: Queryable, studyInstanceUid: string): Promise<LockedStudy | undefined> {
  const locked = await client.query<{
    study_key: number;
    facility_id: number;
    facility: string;
    revision: number;
  }>({
    name: 'lock-study-by-uid',
    text: `select s.study_key, s.facility_id, f.code as facility, s.revision
      from study s join facility f on f.facility_id = s.facility_id
      where s.study_instance_uid = $1 for update of s`,
    values: [studyInstanceUid],
  });
  const [row] = locked.rows;
  return (
    row && {
      studyKey: row.study_key,
      facilityId: row.facility_id,
      facility: row.facility,
      revision: row.revision,
    }
  );
}

async function countSeries(client: Queryable, studyKey: number): Promise<number> {
  const counted = await client.query<{ series: number }>({
    name: 'count-series-of-study',
    text: 'select count(*) as series from series where study_key = $1',
    values: [studyKey],
  });
  return counted.rows[0]?.series ?? 0;
}
