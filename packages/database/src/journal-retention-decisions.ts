/** Schedules, holds, plans and certificates as the journal tells of them. What is known already stays as it is. */
import { hash } from 'node:crypto';
import { isRetentionError, parseSchedule } from '@sandyq/retention';
import type { JournalLine, RetentionFacts } from '@sandyq/storage';
import type { Queryable } from './database.ts';

/** When, and by whom. */
type Decided = Pick<JournalLine, 'decidedBy' | 'occurredAt'>;

/** False: this program cannot read the schedule. Nothing is disposed of by it then. */
export async function applyScheduleAdopted(
  client: Queryable,
  { schedule, version, text, proposedBy, proposedAt }: RetentionFacts['schedule-adopted'],
  { decidedBy, occurredAt }: Decided,
): Promise<boolean> {
  const effective = effectiveOf(text);
  if (effective === undefined) return false;
  await client.query({
    text: `insert into retention_schedule as s (schedule, version, text, sha256, effective_from, effective_until,
        proposed_by, proposed_at, adopted_by, adopted_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
      on conflict (schedule, version) do update set text = excluded.text, sha256 = excluded.sha256,
        effective_from = excluded.effective_from, effective_until = excluded.effective_until,
        proposed_by = excluded.proposed_by, proposed_at = excluded.proposed_at,
        adopted_by = excluded.adopted_by, adopted_at = excluded.adopted_at
      where s.adopted_at is null`,
    values: [
      schedule,
      version,
      text,
      hash('sha256', text, 'buffer'),
      effective.from,
      effective.until ?? null,
      proposedBy,
      proposedAt,
      decidedBy,
      occurredAt,
    ],
  });
  return true;
}

function effectiveOf(text: string) {
  try {
    return parseSchedule(text).effective;
  } catch (error) {
    if (isRetentionError(error)) return undefined;
    throw error;
  }
}

export async function applyHoldPlaced(
  client: Queryable,
  fact: RetentionFacts['hold-placed'],
  { decidedBy, occurredAt }: Decided,
): Promise<void> {
  const { studyInstanceUids, condition } = fact;
  const scope =
    studyInstanceUids === undefined ? { kind: 'query', condition } : { kind: 'studies', studyInstanceUids };
  await client.query({
    text: `insert into legal_hold (legal_hold_id, reason, authority, owner, scope, review_on, placed_by, placed_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
    values: [
      fact.legalHoldId,
      fact.reason,
      fact.authority,
      fact.owner,
      JSON.stringify(scope),
      fact.reviewOn,
      decidedBy,
      occurredAt,
    ],
  });
}

export async function applyHoldReleased(
  client: Queryable,
  { legalHoldId, reason }: RetentionFacts['hold-released'],
  { decidedBy, occurredAt }: Decided,
): Promise<void> {
  await client.query({
    text: `update legal_hold set released_by = $2, released_at = $3, release_reason = $4
      where legal_hold_id = $1 and released_at is null`,
    values: [legalHoldId, decidedBy, occurredAt, reason],
  });
}

/**
 * A plan that the database has is approved. Of another one the items are lost: it is known, for what was done by it, and
 * nothing more is done. False: the schedule that it was made by is not known.
 */
export async function applyPlanApproved(
  client: Queryable,
  fact: RetentionFacts['plan-approved'],
  { decidedBy, occurredAt }: Decided,
): Promise<boolean> {
  const known = await client.query({
    text: `with approved as (
        update disposition_plan set state = 'approved', approved_by = $3, approved_at = $4
        where plan_id = $1 and sha256 = $2 and state = 'open')
      select from disposition_plan where plan_id = $1`,
    values: [fact.planId, Buffer.from(fact.sha256, 'hex'), decidedBy, occurredAt],
  });
  if (known.rowCount !== 0) return true;
  const inserted = await client.query({
    text: `insert into disposition_plan (plan_id, kind, schedule, schedule_version, sha256, studies, instances, bytes,
        created_by, created_at, expires_at, approved_by, approved_at, state)
      select $1, $2, s.schedule, s.version, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'ended'
      from retention_schedule s where s.schedule = $3 and s.version = $4`,
    values: [
      fact.planId,
      fact.planKind,
      fact.schedule,
      fact.scheduleVersion,
      Buffer.from(fact.sha256, 'hex'),
      fact.studies,
      fact.instances,
      fact.bytes,
      fact.createdBy,
      fact.createdAt,
      fact.expiresAt,
      decidedBy,
      occurredAt,
    ],
  });
  return inserted.rowCount === 1;
}

export async function applyPlanWithdrawn(
  client: Queryable,
  { planId }: RetentionFacts['plan-withdrawn'],
  { decidedBy, occurredAt }: Decided,
): Promise<void> {
  await client.query({
    text: `update disposition_plan set state = 'withdrawn', withdrawn_by = $2, withdrawn_at = $3
      where plan_id = $1 and state <> 'withdrawn'`,
    values: [planId, decidedBy, occurredAt],
  });
}

export async function applyCertificateIssued(
  client: Queryable,
  { certificateId, planId, statement, signature, publicKey }: RetentionFacts['certificate-issued'],
  { decidedBy, occurredAt }: Decided,
): Promise<void> {
  await client.query({
    text: `insert into disposition_certificate (certificate_id, plan_id, statement, signature, public_key, issued_by, issued_at)
      values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
    values: [
      certificateId,
      planId,
      statement,
      Buffer.from(signature, 'base64'),
      Buffer.from(publicKey, 'base64'),
      decidedBy,
      occurredAt,
    ],
  });
}
