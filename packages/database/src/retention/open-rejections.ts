/** What the execution of a plan asks of rejections and of the study that they are about. */
import type { RejectionReasonCode } from '@sandyq/retention';
import type { Queryable } from '../database.ts';
import { rows } from '../read-rows.ts';
import type { PlanItem } from './plan-items.ts';

/** A rejection that can still be restored. */
export interface OpenRejection {
  readonly rejectionId: string;
  readonly reasonCode: RejectionReasonCode;
  readonly restoreUntil: Date;
}

/** The rejection that an item carries out: its own, or the one by which the plan has hidden the study. */
export async function rejectionOfItem(
  client: Queryable,
  { planId, studyInstanceUid, rejectionId }: Pick<PlanItem, 'planId' | 'studyInstanceUid' | 'rejectionId'>,
): Promise<OpenRejection | undefined> {
  const [found] = await rows<OpenRejection>(
    client,
    `select rejection_id as "rejectionId", reason_code as "reasonCode", restore_until as "restoreUntil" from rejection
      where study_instance_uid = $2 and state = 'rejected'
        and case when $3::uuid is null then plan_id = $1 else rejection_id = $3 end
      order by rejected_at desc limit 1`,
    [planId, studyInstanceUid, rejectionId ?? null],
  );
  return found;
}

/** Until when something of the study can be restored, whoever has rejected it; undefined: nothing can. */
export async function restorableUntil(
  client: Queryable,
  studyInstanceUid: string,
): Promise<Date | undefined> {
  const [found] = await rows<{ until: Date | undefined }>(
    client,
    `select max(restore_until) as until from rejection where study_instance_uid = $1 and state = 'rejected'`,
    [studyInstanceUid],
  );
  return found?.until;
}

/** Whether all that is left of the study was rejected by this rejection. */
export async function isWholeStudyRejected(
  client: Queryable,
  { studyKey, rejectionId }: { readonly studyKey: number; readonly rejectionId: string },
): Promise<boolean> {
  const other = await client.query({
    name: 'find-instance-rejected-otherwise',
    text: `select from instance i where i.study_key = $1 and not exists (select from rejected_instance r
      where r.sop_instance_uid = i.sop_instance_uid and r.rejection_id = $2) limit 1`,
    values: [studyKey, rejectionId],
  });
  return other.rowCount === 0;
}

/** Whether entries of the study wait to be judged: an instance has arrived this moment, or its process died. */
export async function hasVerdictsDue(client: Queryable, studyKey: number): Promise<boolean> {
  const due = await client.query({
    name: 'find-verdict-due-in-study',
    text: `select from segment where study_key = $1 and verdicts_due and state in ('live', 'duplicate') limit 1`,
    values: [studyKey],
  });
  return due.rowCount !== 0;
}
