/**
 * Step 8: what a rejection note has named beforehand is hidden as if it had been here when the note came, in the
 * transaction that brings it: nobody sees it meanwhile.
 */
import { randomFillSync } from 'node:crypto';
import { uuidV7Source } from '@sandyq/storage';
import type { Queryable } from '../database.ts';
import { forgetAwaited } from '../retention/awaited-instances.ts';
import { type ChangedInstance, hideRows, showChange } from '../retention/changed-instances.ts';
import {
  insertRejection,
  journalRejected,
  type NewRejection,
  registerRejected,
} from '../retention/rejections.ts';
import type { Candidate, Standing } from './candidate.ts';

/**
 * Hides what notes await of these, which have taken over a kept UID, and returns it. The studies are locked as by who
 * counts in them, so that no rejection is restored or purged meanwhile.
 */
export async function hideAwaited(
  client: Queryable,
  taken: ReadonlySet<Candidate>,
  standings: ReadonlyMap<Candidate, Standing>,
): Promise<Candidate[]> {
  const arrived = [...taken].filter((candidate) => standings.get(candidate) !== 'facility-conflict');
  if (arrived.length === 0) return [];
  await lockStudiesOf(client, arrived);
  const awaited = await awaitedAmong(client, arrived);
  await forgetAwaited(
    client,
    arrived.map(({ instance }) => instance.sopInstanceUid),
  );
  for (const named of Map.groupBy(awaited, (one) => one.rejection_id).values())
    await hideNamed(client, named);
  const hidden = new Set(awaited.map((one) => one.sop_instance_uid));
  return arrived.filter(({ instance }) => hidden.has(instance.sopInstanceUid));
}

/** Those of which something is active are locked already. */
async function lockStudiesOf(client: Queryable, arrived: readonly Candidate[]): Promise<void> {
  await client.query({
    name: 'lock-series-of-awaited',
    text: `select from series where (study_key, series_key) in (select * from unnest($1::bigint[], $2::bigint[]))
      order by series_key for update`,
    values: [arrived.map(({ keys }) => keys.studyKey), arrived.map(({ keys }) => keys.seriesKey)],
  });
  await client.query({
    name: 'lock-studies-of-awaited',
    text: 'select from study where study_key = any ($1) order by study_key for update',
    values: [arrived.map(({ keys }) => keys.studyKey)],
  });
}

/** An instance that has arrived, and the rejection that waits for it. */
interface AwaitedRow extends ChangedInstance {
  readonly study_key: number;
  readonly study_instance_uid: string;
  readonly rejection_id: string;
}

/** In the study and the series that the note says, and in a study of its facility. */
async function awaitedAmong(client: Queryable, arrived: readonly Candidate[]): Promise<AwaitedRow[]> {
  const found = await client.query<AwaitedRow & Record<string, unknown>>({
    name: 'awaited-among-arrived',
    text: `select t.study_key, s.study_instance_uid, t.series_key, e.series_instance_uid, a.sop_instance_uid, t.sha256,
        a.rejection_id
      from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bytea[]) as t (uid, study_key, series_key, sha256)
      join awaited_instance a on a.sop_instance_uid = t.uid
      join rejection j on j.rejection_id = a.rejection_id
      join study s on s.study_key = t.study_key and s.facility_id = a.facility_id
        and s.study_instance_uid = j.study_instance_uid
      join series e on e.study_key = t.study_key and e.series_key = t.series_key
        and e.series_instance_uid = j.series_instance_uid
      order by s.study_key, a.rejection_id, a.sop_instance_uid`,
    values: [
      arrived.map(({ instance }) => instance.sopInstanceUid),
      arrived.map(({ keys }) => keys.studyKey),
      arrived.map(({ keys }) => keys.seriesKey),
      arrived.map(({ instance }) => instance.sha256),
    ],
  });
  return found.rows;
}

/** Instances of one rejection. */
async function hideNamed(client: Queryable, named: readonly AwaitedRow[]): Promise<void> {
  const [first] = named;
  if (first === undefined) return;
  const { study_key: studyKey, study_instance_uid: studyInstanceUid, rejection_id: awaitedBy } = first;
  const joined = await joinable(client, awaitedBy);
  const rejection = joined ?? (await follow(client, awaitedBy));
  await registerRejected(client, rejection, named);
  await hideRows(
    client,
    studyKey,
    named.map((one) => one.sop_instance_uid),
  );
  const { now } = rejection;
  await showChange(client, { kind: 'rejected', studyKey, studyInstanceUid, instances: named, now });
  // When a rejection was decided is told by its first line.
  await journalRejected(client, { ...rejection, now: joined === undefined ? now : undefined }, named);
}

const COLUMNS = `o.rejection_id as "rejectionId", o.study_instance_uid as "studyInstanceUid",
  o.series_instance_uid as "seriesInstanceUid", o.reason_code as "reasonCode", o.reason_text as "reasonText",
  o.note_uid as "noteUid", o.rejected_by as "rejectedBy", o.rejected_at as now, o.restore_until as "restoreUntil"`;

/** The rejection that waits, or one that has followed it, while what it hides can be restored for certain. */
async function joinable(client: Queryable, rejectionId: string): Promise<NewRejection | undefined> {
  const found = await client.query<NewRejection & Record<string, unknown>>({
    name: 'find-joinable-rejection',
    text: `select ${COLUMNS} from rejection j
      join rejection o on o.study_instance_uid = j.study_instance_uid and o.note_uid = j.note_uid
        and o.series_instance_uid = j.series_instance_uid
      where j.rejection_id = $1 and o.state = 'rejected' and o.restore_until > now()
      order by o.rejected_at desc, o.rejection_id desc limit 1`,
    values: [rejectionId],
  });
  return found.rows[0];
}

/** Its grace is over, or it is being purged: what comes now has a rejection, and a grace, of its own. */
async function follow(client: Queryable, rejectionId: string): Promise<NewRejection> {
  const found = await client.query<NewRejection & Record<string, unknown>>({
    name: 'find-rejection-to-follow',
    text: `select ${COLUMNS} from rejection o where o.rejection_id = $1`,
    values: [rejectionId],
  });
  const [former] = found.rows;
  if (former === undefined) throw new TypeError('what waits is a rejection');
  const now = new Date();
  const graceMs = former.restoreUntil.getTime() - former.now.getTime();
  const following = {
    ...former,
    rejectionId: uuidV7Source({ now: Date.now, fillRandom: (bytes) => randomFillSync(bytes) })(),
    now,
    restoreUntil: new Date(now.getTime() + graceMs),
  };
  await insertRejection(client, following);
  return following;
}
