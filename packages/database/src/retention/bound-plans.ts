/** Plans as schedules bind them: what was made by a version, and what it has hidden. */
import type { Queryable } from '../database.ts';
import { rows } from '../read-rows.ts';
import type { PlanKind } from './plans.ts';

/** A version of a schedule. */
export interface VersionName {
  readonly schedule: string;
  readonly version: number;
}

/** A plan that is not over. */
export interface BoundPlan {
  readonly planId: string;
  readonly kind: PlanKind;
  readonly state: 'open' | 'approved';
  /** Studies that something is still to be done with. */
  readonly planned: number;
  /** Of these, studies that are hidden now, as a whole or in part, by this plan or by what it is to purge. */
  readonly hidden: number;
}

/** SQL, of a plan `p` and an item `i` of it: rejections `r` that hide what it is about. */
const HIDES = `r.study_instance_uid = i.study_instance_uid and r.state = 'rejected'
  and (r.rejection_id = i.rejection_id or i.rejection_id is null and r.plan_id = i.plan_id)`;

/** Plans that were made by this version and would not have expired at `at`, the oldest first. */
export async function plansBoundTo(
  client: Queryable,
  { schedule, version }: VersionName,
  at: Date,
): Promise<BoundPlan[]> {
  return rows<BoundPlan>(
    client,
    `select p.plan_id as "planId", p.kind, p.state,
        count(distinct i.study_instance_uid) filter (where i.state in ('planned', 'rejected')) as planned,
        count(distinct i.study_instance_uid) filter (where exists (select from rejection r where ${HIDES})) as hidden
      from disposition_plan p left join disposition_plan_item i using (plan_id)
      where p.schedule = $1 and p.schedule_version = $2 and p.state in ('open', 'approved') and p.expires_at > $3
      group by p.plan_id order by p.created_at, p.plan_id`,
    [schedule, version, at],
  );
}

/** A page of the studies that a plan counts as hidden, in the order of their UIDs; `after`: the last one of the page before. */
export async function studiesHiddenOfPlan(
  client: Queryable,
  planId: string,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<string[]> {
  const found = await rows<{ uid: string }>(
    client,
    `select distinct i.study_instance_uid as uid from disposition_plan_item i
      where i.plan_id = $1 and i.study_instance_uid > $2 and exists (select from rejection r where ${HIDES})
      order by uid limit $3`,
    [planId, after, limit],
  );
  return found.map(({ uid }) => uid);
}

/** A page of the rejections by which a plan hides studies, in the order of their ids. */
export async function rejectionsByPlan(
  client: Queryable,
  planId: string,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<string[]> {
  const found = await rows<{ id: string }>(
    client,
    `select rejection_id as id from rejection
      where plan_id = $1 and state = 'rejected' and ($2::uuid is null or rejection_id > $2) order by rejection_id limit $3`,
    [planId, after ?? null, limit],
  );
  return found.map(({ id }) => id);
}
