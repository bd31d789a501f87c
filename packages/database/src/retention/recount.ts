/** Counts a study anew after instances of it have been hidden or shown. The caller holds the study's lock. */
import type { Queryable } from '../database.ts';

/** Which series have changed, and when. */
export interface Recount {
  readonly studyKey: number;
  readonly seriesKeys: readonly number[];
  readonly now: Date;
}

/**
 * Counts, founders, modalities and SOP classes of the study and of these series by their active instances; revisions rise,
 * kept metadata go. A founder that is another one now tells what it says later (founders-due.ts).
 */
export async function recountAfterChange(client: Queryable, recount: Recount): Promise<void> {
  const { studyKey, seriesKeys, now } = recount;
  await client.query({
    name: 'recount-changed-series',
    text: RECOUNT_SERIES,
    values: [studyKey, seriesKeys],
  });
  await client.query({
    name: 'drop-metadata-of-changed-series',
    text: 'delete from series_metadata where study_key = $1 and series_key = any ($2)',
    values: [studyKey, seriesKeys],
  });
  await client.query({ name: 'recount-changed-study', text: RECOUNT_STUDY, values: [studyKey, now] });
}

/** Who founds `table` now, of the instances `of` it: see founding.ts. */
const founding = (table: string) => `founded_by = first.sop_instance_uid,
    received_at = coalesce(first.received_at, ${table}.received_at),
    founding_due = first.sop_instance_uid is not null
      and (${table}.founding_due or first.sop_instance_uid is distinct from ${table}.founded_by)`;

const FIRST = (where: string) => `(select i.sop_instance_uid, i.received_at from instance i
    where ${where} and i.state = 'active' order by i.received_at, i.sop_instance_uid limit 1)`;

const RECOUNT_SERIES = `update series e set number_of_instances = c.instances, revision = e.revision + 1, ${founding('e')}
  from (select s.series_key, (select count(*) from instance i
      where i.study_key = $1 and i.series_key = s.series_key and i.state = 'active') as instances
    from series s where s.study_key = $1 and s.series_key = any ($2)) c
  left join lateral ${FIRST('i.study_key = $1 and i.series_key = c.series_key')} first on true
  where e.study_key = $1 and e.series_key = c.series_key`;

const COUNTED = 'from series e where e.study_key = $1 and e.number_of_instances > 0';

const RECOUNT_STUDY = `update study s set revision = s.revision + 1, updated_at = greatest(s.updated_at, $2),
    number_of_instances = (select coalesce(sum(e.number_of_instances), 0) ${COUNTED}),
    number_of_series = (select count(*) ${COUNTED}),
    modalities = (select coalesce(array_agg(distinct e.modality order by e.modality), '{}') ${COUNTED}
      and e.modality is not null),
    institution_name = (select min(e.institution_name) ${COUNTED}),
    sop_classes = (select coalesce(array_agg(distinct i.sop_class_uid order by i.sop_class_uid), '{}') from instance i
      where i.study_key = $1 and i.state = 'active'),
    ${founding('s')}
  from (select) one left join lateral ${FIRST('i.study_key = $1')} first on true
  where s.study_key = $1`;
