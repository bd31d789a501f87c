/** Dispositions: studies, and parts of them, whose bytes are deleted. Begun, then ended; their rows stay for good. */
import type { Database, Queryable } from '../database.ts';
import { DatabaseError } from '../errors.ts';
import { rows } from '../read-rows.ts';

/** A disposition that is begun: what goes, by which plan and rule, and who decided it. */
export interface NewDisposition {
  /** UUID. */
  readonly dispositionId: string;
  readonly studyInstanceUid: string;
  /** Code of the owning facility. */
  readonly facility: string;
  readonly isWholeStudy: boolean;
  /** The rejection that it carries out. A whole study goes with everything that others have rejected of it. */
  readonly rejectionId: string;
  readonly planId: string;
  readonly planSha256: Buffer;
  readonly schedule: string;
  readonly scheduleVersion: number;
  /** Id of the rule. */
  readonly rule: string;
  readonly reasonCode: string;
  /** Of what goes, as planned (study-contents.ts). */
  readonly contentSha256: Buffer;
  readonly instances: number;
  readonly bytes: number;
  readonly plannedBy: string;
  readonly approvedBy: string;
  readonly executedBy: string;
  readonly begunAt: Date;
}

/** With what became of it. */
export interface Disposition extends NewDisposition {
  /** When every version of every object was seen gone; undefined: not yet. */
  readonly endedAt: Date | undefined;
}

const COLUMNS = `disposition_id as "dispositionId", study_instance_uid as "studyInstanceUid", facility,
  is_whole_study as "isWholeStudy", rejection_id as "rejectionId", plan_id as "planId", plan_sha256 as "planSha256", schedule,
  schedule_version as "scheduleVersion", rule, reason_code as "reasonCode", content_sha256 as "contentSha256", instances,
  bytes, planned_by as "plannedBy", approved_by as "approvedBy", executed_by as "executedBy", begun_at as "begunAt",
  ended_at as "endedAt"`;

/** Keeps the row of a disposition; see begin-disposition.ts. */
export async function insertDisposition(client: Queryable, disposition: NewDisposition): Promise<void> {
  await client.query({
    name: 'insert-disposition',
    text: `insert into disposition (disposition_id, study_instance_uid, facility, is_whole_study, rejection_id, plan_id,
        plan_sha256, schedule, schedule_version, rule, reason_code, content_sha256, instances, bytes, planned_by,
        approved_by, executed_by, begun_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
    values: [
      disposition.dispositionId,
      disposition.studyInstanceUid,
      disposition.facility,
      disposition.isWholeStudy,
      disposition.rejectionId,
      disposition.planId,
      disposition.planSha256,
      disposition.schedule,
      disposition.scheduleVersion,
      disposition.rule,
      disposition.reasonCode,
      disposition.contentSha256,
      disposition.instances,
      disposition.bytes,
      disposition.plannedBy,
      disposition.approvedBy,
      disposition.executedBy,
      disposition.begunAt,
    ],
  });
}

/** One disposition. Throws DatabaseError('not-found'). */
export async function readDisposition(
  client: Queryable,
  dispositionId: string,
  lock: 'for update' | '' = '',
): Promise<Disposition> {
  const [found] = await rows<Disposition>(
    client,
    `select ${COLUMNS} from disposition where disposition_id = $1 ${lock}`,
    [dispositionId],
  );
  if (found !== undefined) return found;
  throw new DatabaseError('not-found', `there is no disposition ${dispositionId}`);
}

/** The disposition of a study, or of a part of it, that has begun and not ended: there is one at most. */
export async function unendedOfStudy(
  client: Queryable,
  studyInstanceUid: string,
): Promise<Disposition | undefined> {
  const [found] = await rows<Disposition>(
    client,
    `select ${COLUMNS} from disposition where study_instance_uid = $1 and ended_at is null`,
    [studyInstanceUid],
  );
  return found;
}

/** Where a page of dispositions begins: after this one. */
export interface DispositionPlace {
  readonly begunAt: Date;
  readonly dispositionId: string;
}

/**
 * Dispositions that something is left to do for, in the order of their beginning: those that have not ended, and those
 * that have and of which an object has turned up again.
 */
export async function dispositionsToResume(
  client: Queryable,
  after: DispositionPlace | undefined,
  limit: number,
): Promise<Disposition[]> {
  return rows<Disposition>(
    client,
    `select ${COLUMNS} from disposition d
      where (ended_at is null
          or exists (select from disposition_object o where o.disposition_id = d.disposition_id and o.gone_at is null))
        and ($1::timestamptz is null or (begun_at, disposition_id) > ($1, $2::uuid))
      order by begun_at, disposition_id limit $3`,
    [after?.begunAt ?? null, after?.dispositionId ?? null, limit],
  );
}

/** Any constant: dispositions that are carried out share its space. */
const CARRYING_OUT_LOCK = 7_214_020;

/**
 * Runs `work` while no other process carries this disposition out; undefined: one does. The lock ends with the process
 * that has it. `work` uses connections of its own.
 */
export async function whileCarryingOut<Result>(
  database: Database,
  dispositionId: string,
  work: () => Promise<Result>,
): Promise<Result | undefined> {
  return database.inTransaction(async (client) => {
    const [lock] = await rows<{ isOurs: boolean }>(
      client,
      'select pg_try_advisory_xact_lock($1, hashtext($2)) as "isOurs"',
      [CARRYING_OUT_LOCK, dispositionId],
    );
    if (lock?.isOurs !== true) return undefined;
    // Objects are deleted while it is held, however long that takes.
    await client.query({ text: 'set local idle_in_transaction_session_timeout = 0' });
    return work();
  });
}
