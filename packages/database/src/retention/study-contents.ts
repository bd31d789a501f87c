/**
 * What a study consists of, as one digest: a plan is carried out only where it has not changed. What is asked of lists of a
 * thousand studies, one after the other, is prepared: to plan it anew takes longer than to read it.
 */
import type { Queryable } from '../database.ts';
import { rows } from '../read-rows.ts';

/**
 * The instances that count (active, identity-conflict, rejected). The digest is the SHA-256 over a line `{SOP Instance UID}
 * {SHA-256 in hex}\n` of each, in the order of the UIDs' bytes.
 */
export interface StudyContent {
  readonly studyInstanceUid: string;
  /** Code. */
  readonly facility: string;
  readonly sha256: Buffer;
  readonly instances: number;
  readonly bytes: number;
}

const CONTENT = `s.study_instance_uid as "studyInstanceUid", f.code as facility, count(*) as instances,
  sum(i.entry_length)::bigint as bytes,
  sha256(convert_to(string_agg(i.sop_instance_uid || ' ' || encode(i.sha256, 'hex') || E'\\n', ''
    order by i.sop_instance_uid collate "C"), 'UTF8')) as sha256`;

/** Of these studies, those that hold anything. */
export async function contentsOfStudies(
  client: Queryable,
  studyInstanceUids: readonly string[],
): Promise<ReadonlyMap<string, StudyContent>> {
  const { rows: found } = await client.query<StudyContent & Record<string, unknown>>({
    name: 'contents-of-studies',
    text: `select ${CONTENT} from study s join facility f using (facility_id) join instance i using (study_key)
      where s.study_instance_uid = any ($1::text[]) and i.state in ('active', 'identity-conflict', 'rejected')
      group by s.study_key, f.code`,
    values: [studyInstanceUids],
  });
  return new Map(found.map((content) => [content.studyInstanceUid, content]));
}

/** What a rejection hides, and not the rest of its study; undefined: nothing. */
export async function contentOfRejection(
  client: Queryable,
  rejectionId: string,
): Promise<StudyContent | undefined> {
  const [content] = await rows<StudyContent>(
    client,
    `select ${CONTENT} from rejected_instance r join study s using (study_instance_uid)
      join facility f using (facility_id)
      join instance i on i.study_key = s.study_key and i.sop_instance_uid = r.sop_instance_uid and i.state = 'rejected'
      where r.rejection_id = $1 group by s.study_key, f.code`,
    [rejectionId],
  );
  return content;
}

/** How large a study is: instances that are shown, and bytes of its objects in the store. */
export interface StudySize {
  readonly instances: number;
  readonly bytes: number;
}

/** Sizes of these studies, from what is counted already: for reckoning, not for a plan. */
export async function sizesOfStudies(
  client: Queryable,
  studyInstanceUids: readonly string[],
): Promise<ReadonlyMap<string, StudySize>> {
  const { rows: found } = await client.query<StudySize & { uid: string }>({
    name: 'sizes-of-studies',
    text: `select s.study_instance_uid as uid, s.number_of_instances as instances, coalesce(g.bytes, 0) as bytes
      from study s left join lateral (select sum(size_bytes)::bigint as bytes from segment
        where segment.study_key = s.study_key and segment.state = 'live') g on true
      where s.study_instance_uid = any ($1::text[])`,
    values: [studyInstanceUids],
  });
  return new Map(found.map(({ uid, instances, bytes }) => [uid, { instances, bytes }]));
}

/** Of these studies, those with an open quarantine entry: that is decided first. */
export async function studiesInQuarantine(
  client: Queryable,
  studyInstanceUids: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = await rows<{ uid: string }>(
    client,
    `select distinct study_instance_uid as uid from quarantine
      where state = 'open' and study_instance_uid = any ($1::text[])`,
    [studyInstanceUids],
  );
  return new Set(found.map(({ uid }) => uid));
}

/** Of these studies, those whose segments are all in the cold tier: there is nothing to transfer. */
export async function studiesInColdTier(
  client: Queryable,
  studyInstanceUids: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows: found } = await client.query<{ uid: string }>({
    name: 'studies-in-cold-tier',
    text: `select study_instance_uid as uid from study s where study_instance_uid = any ($1::text[])
      and exists (select from segment g where g.study_key = s.study_key and g.tier = 'cold' and g.state <> 'deleted')
      and not exists (select from segment g where g.study_key = s.study_key and g.tier = 'hot'
        and g.state in ('live', 'duplicate'))`,
    values: [studyInstanceUids],
  });
  return new Set(found.map(({ uid }) => uid));
}
