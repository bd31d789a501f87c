/** Why something that the archive held is not to be had any more. */
import type { RejectionReasonCode } from '@sandyq/retention';
import type { Queryable } from '../database.ts';
import type { InstanceScope } from '../locate-instances.ts';

/** What became of all that the path names. */
export interface Gone {
  /** Owner of the study: nobody else is told. */
  readonly facilityId: number;
  readonly kind: 'rejected' | 'disposed';
  readonly reasonCode: RejectionReasonCode;
  /** When it was rejected, or when its bytes were gone. */
  readonly at: Date;
}

interface GoneRow {
  facility_id: number;
  kind: Gone['kind'];
  reason_code: RejectionReasonCode;
  at: Date;
}

/**
 * Why there is nothing to show of the study, series or instance; undefined where the archive does not know it, or holds it
 * out for another reason. Ask only when nothing of it was found.
 */
export async function whyGone(client: Queryable, scope: InstanceScope): Promise<Gone | undefined> {
  const { sopInstanceUid } = scope;
  const found =
    sopInstanceUid === undefined
      ? await goneOfPart(client, scope)
      : await goneInstance(client, scope.studyInstanceUid, sopInstanceUid);
  return (
    found && {
      facilityId: found.facility_id,
      kind: found.kind,
      reasonCode: found.reason_code,
      at: found.at,
    }
  );
}

const DISPOSED = `select f.facility_id, 'disposed' as kind, d.reason_code, d.ended_at as at from disposition d
  join facility f on f.code = d.facility`;

async function goneInstance(
  client: Queryable,
  studyInstanceUid: string,
  sopInstanceUid: string,
): Promise<GoneRow | undefined> {
  const result = await client.query<GoneRow & Record<string, unknown>>({
    name: 'why-instance-is-gone',
    text: `select s.facility_id, 'rejected' as kind, j.reason_code, j.rejected_at as at
        from rejected_instance r join rejection j on j.rejection_id = r.rejection_id
        join study s on s.study_instance_uid = r.study_instance_uid
        where r.sop_instance_uid = $2 and r.study_instance_uid = $1
      union all
      ${DISPOSED} join sop_instance p on p.disposition_id = d.disposition_id
        where p.sop_instance_uid = $2 and d.study_instance_uid = $1 and d.ended_at is not null
      limit 1`,
    values: [studyInstanceUid, sopInstanceUid],
  });
  return result.rows[0];
}

/** What is hidden may come back, so it is told first. */
async function goneOfPart(
  client: Queryable,
  { studyInstanceUid, seriesInstanceUid }: InstanceScope,
): Promise<GoneRow | undefined> {
  const result = await client.query<GoneRow & Record<string, unknown>>({
    name: 'why-study-or-series-is-gone',
    text: `(select s.facility_id, 'rejected' as kind, j.reason_code, j.rejected_at as at
        from rejected_instance r join rejection j on j.rejection_id = r.rejection_id
        join study s on s.study_instance_uid = r.study_instance_uid
        where r.study_instance_uid = $1 and ($2::text is null or r.series_instance_uid = $2)
        order by j.rejected_at desc limit 1)
      union all
      (${DISPOSED} join rejection j on j.rejection_id = d.rejection_id
        where d.study_instance_uid = $1 and d.ended_at is not null
          and ($2::text is null or d.is_whole_study or j.series_instance_uid = $2)
        order by d.ended_at desc limit 1)
      limit 1`,
    values: [studyInstanceUid, seriesInstanceUid ?? null],
  });
  return result.rows[0];
}

/** When the instances of these UIDs were disposed of; those that were not are left out. */
export async function disposedInstances(
  client: Queryable,
  sopInstanceUids: readonly string[],
): Promise<Map<string, Date>> {
  if (sopInstanceUids.length === 0) return new Map();
  const result = await client.query<{ sop_instance_uid: string; at: Date }>({
    name: 'disposed-instances',
    text: `select p.sop_instance_uid, coalesce(d.ended_at, d.begun_at) as at
      from sop_instance p join disposition d on d.disposition_id = p.disposition_id
      where p.sop_instance_uid = any ($1) and p.state = 'disposed'`,
    values: [sopInstanceUids],
  });
  return new Map(result.rows.map((row) => [row.sop_instance_uid, row.at]));
}

/** When the instance was rejected; undefined: it is not. */
export async function rejectedAt(client: Queryable, sopInstanceUid: string): Promise<Date | undefined> {
  const result = await client.query<{ rejected_at: Date }>({
    name: 'rejected-at',
    text: `select j.rejected_at from rejected_instance r join rejection j on j.rejection_id = r.rejection_id
      where r.sop_instance_uid = $1`,
    values: [sopInstanceUid],
  });
  return result.rows[0]?.rejected_at;
}
