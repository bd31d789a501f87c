/** What is going on with a study, beside what schedules say of it. */
import type { Queryable } from '../database.ts';
import { rows } from '../read-rows.ts';
import type { PlanItemState } from './plan-items.ts';
import type { PlanState } from './plans.ts';

/** A plan that names it. */
export interface StandingPlan {
  readonly planId: string;
  readonly planState: PlanState;
  readonly itemState: PlanItemState;
  readonly outcome: string | undefined;
}

/** A disposition of it, or of a part of it. */
export interface StandingDisposition {
  readonly dispositionId: string;
  readonly isWholeStudy: boolean;
  readonly planId: string;
  readonly instances: number;
  readonly begunAt: Date;
  readonly endedAt: Date | undefined;
}

/** Both, latest first, and how many entries of it wait in quarantine. */
export interface StudyStanding {
  readonly plans: readonly StandingPlan[];
  readonly dispositions: readonly StandingDisposition[];
  readonly inQuarantine: number;
}

/** At most so many plans and dispositions of one study are told. */
const MOST_TOLD = 100;

/** Of a study that is there, or was. */
export async function readStudyStanding(client: Queryable, studyInstanceUid: string): Promise<StudyStanding> {
  const values = [studyInstanceUid];
  const plans = await rows<StandingPlan>(
    client,
    `select p.plan_id as "planId", p.state as "planState", i.state as "itemState", i.outcome
      from disposition_plan_item i join disposition_plan p using (plan_id)
      where i.study_instance_uid = $1 order by p.created_at desc, i.ordinal limit ${MOST_TOLD}`,
    values,
  );
  const dispositions = await rows<StandingDisposition>(
    client,
    `select disposition_id as "dispositionId", is_whole_study as "isWholeStudy", plan_id as "planId", instances,
        begun_at as "begunAt", ended_at as "endedAt"
      from disposition where study_instance_uid = $1 order by begun_at desc limit ${MOST_TOLD}`,
    values,
  );
  const [quarantine] = await rows<{ count: number }>(
    client,
    `select count(*) as count from quarantine where state = 'open' and study_instance_uid = $1`,
    values,
  );
  return { plans, dispositions, inQuarantine: quarantine?.count ?? 0 };
}
