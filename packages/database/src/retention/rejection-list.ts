/** What was rejected, for administrators. */
import type { RejectionReasonCode } from '@sandyq/retention';
import type { Queryable } from '../database.ts';
import { rows } from '../read-rows.ts';
import { isUuid } from '../uuid.ts';

/** Where a rejection stands. */
export type RejectionState = 'rejected' | 'restored' | 'purging' | 'purged';

/** A rejection and what became of it. */
export interface Rejection {
  readonly rejectionId: string;
  readonly studyInstanceUid: string;
  /** undefined: the whole study. */
  readonly seriesInstanceUid: string | undefined;
  readonly reasonCode: RejectionReasonCode;
  readonly reasonText: string;
  /** The plan that it carries out. */
  readonly planId: string | undefined;
  /** SOP Instance UID of the rejection note that asked for it. */
  readonly noteUid: string | undefined;
  readonly rejectedBy: string;
  readonly rejectedAt: Date;
  readonly restoreUntil: Date;
  readonly state: RejectionState;
  readonly decidedBy: string | undefined;
  readonly decidedAt: Date | undefined;
  /** Instances that it hides now. */
  readonly instances: number;
  /** Instances that its note names and that have not come yet. */
  readonly awaited: number;
}

const COLUMNS = `j.rejection_id as "rejectionId", j.study_instance_uid as "studyInstanceUid",
  j.series_instance_uid as "seriesInstanceUid", j.reason_code as "reasonCode", j.reason_text as "reasonText",
  j.plan_id as "planId", j.note_uid as "noteUid", j.rejected_by as "rejectedBy", j.rejected_at as "rejectedAt",
  j.restore_until as "restoreUntil", j.state, j.decided_by as "decidedBy", j.decided_at as "decidedAt",
  (select count(*) from rejected_instance r where r.rejection_id = j.rejection_id) as instances,
  (select count(*) from awaited_instance a where a.rejection_id = j.rejection_id) as awaited`;

/** The rejection of this id. */
export async function findRejection(client: Queryable, rejectionId: string): Promise<Rejection | undefined> {
  if (!isUuid(rejectionId)) return undefined;
  const found = await rows<Rejection>(
    client,
    `select ${COLUMNS} from rejection j where j.rejection_id = $1`,
    [rejectionId],
  );
  return found[0];
}

/** Which rejections are listed. */
export interface RejectionFilter {
  readonly studyInstanceUid?: string | undefined;
  readonly state?: RejectionState | undefined;
  /** Those before this one: ids rise with time. */
  readonly before?: string | undefined;
}

/** Newest first. */
export function listRejections(
  client: Queryable,
  { studyInstanceUid, state, before }: RejectionFilter,
  limit: number,
): Promise<Rejection[]> {
  return rows<Rejection>(
    client,
    `select ${COLUMNS} from rejection j
      where ($1::text is null or j.study_instance_uid = $1) and ($2::text is null or j.state = $2)
        and ($3::uuid is null or j.rejection_id < $3)
      order by j.rejection_id desc limit $4`,
    [studyInstanceUid ?? null, state ?? null, before ?? null, limit],
  );
}

/** Whether anything was ever rejected, or is awaited, because of this note. */
export async function hasNoteTakenEffect(client: Queryable, noteUid: string): Promise<boolean> {
  const result = await client.query({
    name: 'has-note-taken-effect',
    text: 'select from rejection where note_uid = $1 limit 1',
    values: [noteUid],
  });
  return result.rowCount !== 0;
}
