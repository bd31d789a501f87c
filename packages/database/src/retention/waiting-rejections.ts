/** Rejections whose grace has passed and that no plan purges: what a plan of rejections is made of. */
import type { Queryable } from '../database.ts';
import { rows } from '../read-rows.ts';
import type { PlansInForce } from './plan-items.ts';

/** One of them. */
export interface WaitingRejection {
  readonly rejectionId: string;
  readonly studyInstanceUid: string;
}

/** Which ones, in the order of their ids. */
export interface WaitingPage extends PlansInForce {
  readonly facilityId: number | undefined;
  /** Id of the last one of the page before. */
  readonly after: string | undefined;
  readonly limit: number;
}

/**
 * Rejected by hand or by a note, or by a plan that does nothing more: ended, withdrawn, expired, made by another version of a
 * schedule than the one in force, or without its items, as in an index that was rebuilt.
 */
export async function waitingRejections(
  client: Queryable,
  { facilityId, after, limit, now, rules: { schedule, version } }: WaitingPage,
): Promise<WaitingRejection[]> {
  return rows<WaitingRejection>(
    client,
    `select r.rejection_id as "rejectionId", r.study_instance_uid as "studyInstanceUid"
      from rejection r join study s using (study_instance_uid)
      where r.state = 'rejected' and r.restore_until <= $1
        and ($2::bigint is null or s.facility_id = $2) and ($3::uuid is null or r.rejection_id > $3)
        and not exists (select from disposition_plan_item i join disposition_plan p using (plan_id)
          where i.study_instance_uid = r.study_instance_uid
            and p.state in ('open', 'approved') and p.expires_at > $1 and p.schedule = $5 and p.schedule_version = $6
            and (p.plan_id = r.plan_id
              or i.rejection_id = r.rejection_id and i.state in ('planned', 'rejected', 'purging')))
      order by r.rejection_id limit $4`,
    [now, facilityId ?? null, after ?? null, limit, schedule, version],
  );
}

/** Of these studies, those that are rejected as a whole: another plan, or a plan of rejections, ends them. */
export async function whollyRejected(
  client: Queryable,
  studyInstanceUids: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = await rows<{ uid: string }>(
    client,
    `select distinct study_instance_uid as uid from rejection
      where study_instance_uid = any ($1::text[]) and series_instance_uid is null and state in ('rejected', 'purging')`,
    [studyInstanceUids],
  );
  return new Set(found.map(({ uid }) => uid));
}
