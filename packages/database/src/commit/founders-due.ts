/**
 * What a study or a series is known by when its founder is removed: the next earliest instance. Which one that is, is
 * noted at once; what it says is in its segment, and is told by whoever reads that.
 */
import type { Database, Queryable } from '../database.ts';
import type { Founder } from './facts.ts';
import { refoundSeries } from './series.ts';
import { refoundStudy } from './studies.ts';

/** A study, or a series of it, that is known by another instance than its attributes come from. */
export interface FounderDue {
  readonly studyKey: number;
  /** undefined: the study. */
  readonly seriesKey: number | undefined;
  /** The instance that is to tell, and where it lies. */
  readonly sopInstanceUid: string;
  readonly objectKey: string;
  readonly ordinal: number;
}

/** Passes a series on to the earliest of its active instances, if it has one. The caller holds the row's lock. */
export async function passOnSeries(
  client: Queryable,
  { studyKey, seriesKey }: { readonly studyKey: number; readonly seriesKey: number },
): Promise<void> {
  await client.query({
    name: 'pass-on-series',
    text: `update series e set founded_by = i.sop_instance_uid, received_at = i.received_at, founding_due = true
      from (select sop_instance_uid, received_at from instance
        where study_key = $1 and series_key = $2 and state = 'active'
        order by received_at, sop_instance_uid limit 1) i
      where e.study_key = $1 and e.series_key = $2`,
    values: [studyKey, seriesKey],
  });
}

/** As {@link passOnSeries}. */
export async function passOnStudy(client: Queryable, studyKey: number): Promise<void> {
  await client.query({
    name: 'pass-on-study',
    text: `update study s set founded_by = i.sop_instance_uid, received_at = i.received_at, founding_due = true
      from (select sop_instance_uid, received_at from instance
        where study_key = $1 and state = 'active' order by received_at, sop_instance_uid limit 1) i
      where s.study_key = $1`,
    values: [studyKey],
  });
}

/** Up to `limit` studies and series whose new founder has not told yet. */
export async function foundersDue(client: Queryable, limit: number): Promise<FounderDue[]> {
  const result = await client.query<{
    study_key: number;
    series_key: number | null;
    sop_instance_uid: string;
    object_key: string;
    ordinal: number;
  }>({
    name: 'founders-due',
    text: `select due.study_key, due.series_key, i.sop_instance_uid, g.object_key, i.ordinal
      from (select study_key, null::bigint as series_key, founded_by from study where founding_due
        union all select study_key, series_key, founded_by from series where founding_due) due
      join instance i on i.study_key = due.study_key and i.sop_instance_uid = due.founded_by
      join segment g on g.segment_id = i.segment_id
      order by due.study_key, due.series_key limit $1`,
    values: [limit],
  });
  return result.rows.map((row) => ({
    studyKey: row.study_key,
    seriesKey: row.series_key ?? undefined,
    sopInstanceUid: row.sop_instance_uid,
    objectKey: row.object_key,
    ordinal: row.ordinal,
  }));
}

/** Takes over what the founder says, unless it has been passed on once more. */
export async function recordFounder(database: Database, due: FounderDue, founder: Founder): Promise<void> {
  const { studyKey, seriesKey, sopInstanceUid } = due;
  await database.inTransaction(async (client) => {
    const table = seriesKey === undefined ? 'study' : 'series';
    const locked = await client.query({
      name: `lock-founding-due-${table}`,
      text: `select from ${table} where study_key = $1 and founded_by = $2 and founding_due
        ${seriesKey === undefined ? '' : 'and series_key = $3'} for update`,
      values: seriesKey === undefined ? [studyKey, sopInstanceUid] : [studyKey, sopInstanceUid, seriesKey],
    });
    if (locked.rowCount === 0) return;
    if (seriesKey === undefined) await refoundStudy(client, studyKey, founder);
    else await refoundSeries(client, { studyKey, seriesKey }, founder);
    await raiseRevisions(client, due);
  });
}

/** The modality of a series may be another one now. */
async function raiseRevisions(client: Queryable, { studyKey, seriesKey }: FounderDue): Promise<void> {
  if (seriesKey !== undefined) {
    await client.query({
      name: 'raise-revision-of-series',
      text: 'update series set revision = revision + 1 where study_key = $1 and series_key = $2',
      values: [studyKey, seriesKey],
    });
  }
  await client.query({
    name: 'lock-study',
    text: 'select study_key from study where study_key = $1 for update',
    values: [studyKey],
  });
  await client.query({
    name: 'raise-revision-of-study',
    text: `update study set revision = revision + 1,
        modalities = (select coalesce(array_agg(distinct e.modality order by e.modality), '{}') from series e
          where e.study_key = $1 and e.number_of_instances > 0 and e.modality is not null),
        institution_name = (select min(e.institution_name) from series e
          where e.study_key = $1 and e.number_of_instances > 0)
      where study_key = $1`,
    values: [studyKey],
  });
}
