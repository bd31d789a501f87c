/** Storage Commitment requests (PS3.18 §13): kept, worked off by one process at a time, remembered, forgotten. */
import type { Queryable } from './database.ts';

/** An instance whose safekeeping is asked for; with its study and series where the request names them. */
export interface CommitmentReference {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly studyInstanceUid?: string;
  readonly seriesInstanceUid?: string;
}

/** A request that is to be kept. */
export interface NewCommitmentRequest {
  readonly transactionUid: string;
  readonly principalId: string;
  /** The one facility that the asker is confined to. */
  readonly facilityId: number | undefined;
  readonly instances: readonly CommitmentReference[];
  /** Requests of one principal that may wait at a time. */
  readonly mostWaiting: number;
}

/** What became of {@link insertCommitmentRequest}. */
export type CommitmentAcceptance = 'accepted' | 'duplicate' | 'too-many';

/** Keeps a request, to be claimed by whoever works it off. */
export async function insertCommitmentRequest(
  client: Queryable,
  { transactionUid, principalId, facilityId, instances, mostWaiting }: NewCommitmentRequest,
): Promise<CommitmentAcceptance> {
  const result = await client.query<{ waiting: number; inserted: boolean }>({
    name: 'insert-commitment-request',
    text: `with waiting as (
        select count(*) as waiting from commitment_request where state = 'working' and principal_id = $2),
      inserted as (
        insert into commitment_request
          (transaction_uid, principal_id, facility_id, state, claimed_until, reference_count, instances)
        select $1, $2, $3, 'working', now(), $4, $5 from waiting where waiting.waiting < $6
        on conflict (transaction_uid) do nothing returning 1)
      select waiting, exists (select from inserted) as inserted from waiting`,
    values: [
      transactionUid,
      principalId,
      facilityId ?? null,
      instances.length,
      JSON.stringify(instances),
      mostWaiting,
    ],
  });
  const [row] = result.rows;
  if (row?.inserted === true) return 'accepted';
  return (row?.waiting ?? 0) < mostWaiting ? 'duplicate' : 'too-many';
}

/** A request that a process has taken on. */
export interface ClaimedCommitment {
  readonly transactionUid: string;
  readonly facilityId: number | undefined;
  readonly instances: readonly CommitmentReference[];
  /** How often it was begun before. */
  readonly attempts: number;
}

/**
 * Takes on the oldest request that nobody is at, with at most so many references; undefined if there is none. Nobody else gets it for
 * `leaseSeconds`.
 */
export async function claimCommitmentRequest(
  client: Queryable,
  { mostReferences, leaseSeconds }: { readonly mostReferences: number; readonly leaseSeconds: number },
): Promise<ClaimedCommitment | undefined> {
  const result = await client.query<ClaimedRow>({
    name: 'claim-commitment-request',
    text: `update commitment_request set claimed_until = now() + make_interval(secs => $2), attempts = attempts + 1
      where transaction_uid = (
        select transaction_uid from commitment_request
        where state = 'working' and claimed_until <= now() and reference_count <= $1
        order by requested_at limit 1 for update skip locked)
      returning transaction_uid, facility_id, instances, attempts`,
    values: [mostReferences, leaseSeconds],
  });
  const [row] = result.rows;
  return (
    row && {
      transactionUid: row.transaction_uid,
      facilityId: row.facility_id ?? undefined,
      instances: row.instances,
      attempts: row.attempts - 1,
    }
  );
}

interface ClaimedRow {
  transaction_uid: string;
  facility_id: number | null;
  instances: CommitmentReference[];
  attempts: number;
}

/** Keeps a claim, or lets it rest, for so many seconds from now. */
export async function extendCommitmentClaim(
  client: Queryable,
  transactionUid: string,
  seconds: number,
): Promise<void> {
  await client.query({
    name: 'extend-commitment-claim',
    text: `update commitment_request set claimed_until = now() + make_interval(secs => $2)
      where transaction_uid = $1 and state = 'working'`,
    values: [transactionUid, seconds],
  });
}

/** Records the result: for each reference the Failure Reason, or 0. A result that is there already stays. */
export async function finishCommitmentRequest(
  client: Queryable,
  transactionUid: string,
  outcomes: readonly number[],
): Promise<void> {
  await client.query({
    name: 'finish-commitment-request',
    text: `update commitment_request set state = 'done', finished_at = now(), outcomes = $2
      where transaction_uid = $1 and state = 'working' and reference_count = $3`,
    values: [transactionUid, JSON.stringify(outcomes), outcomes.length],
  });
}

/** A request as its asker may see it. */
export interface KnownCommitment {
  readonly facilityId: number | undefined;
  readonly state: 'working' | 'done' | 'expired';
  /** Empty once expired. */
  readonly instances: readonly CommitmentReference[];
  /** In the order of `instances`; empty until done. */
  readonly outcomes: readonly number[];
}

/** The request of this Transaction UID; undefined if there is none. */
export async function readCommitmentRequest(
  client: Queryable,
  transactionUid: string,
): Promise<KnownCommitment | undefined> {
  const result = await client.query<{
    facility_id: number | null;
    state: KnownCommitment['state'];
    instances: CommitmentReference[] | null;
    outcomes: number[] | null;
  }>({
    name: 'read-commitment-request',
    text: `select facility_id, state, case when state = 'done' then instances end as instances, outcomes
      from commitment_request where transaction_uid = $1`,
    values: [transactionUid],
  });
  const [row] = result.rows;
  return (
    row && {
      facilityId: row.facility_id ?? undefined,
      state: row.state,
      instances: row.instances ?? [],
      outcomes: row.outcomes ?? [],
    }
  );
}

/** How long results and Transaction UIDs are remembered. */
export interface CommitmentMemory {
  readonly resultDays: number;
  readonly transactionDays: number;
}

/** Forgets old results, then old Transaction UIDs; returns how many rows that concerned. */
export async function forgetCommitments(
  client: Queryable,
  { resultDays, transactionDays }: CommitmentMemory,
): Promise<number> {
  const expired = await client.query({
    name: 'expire-commitment-results',
    text: `update commitment_request set state = 'expired', instances = null, outcomes = null
      where state = 'done' and requested_at < now() - make_interval(days => $1)`,
    values: [resultDays],
  });
  const forgotten = await client.query({
    name: 'forget-commitment-transactions',
    text: `delete from commitment_request where state = 'expired' and requested_at < now() - make_interval(days => $1)`,
    values: [transactionDays],
  });
  return (expired.rowCount ?? 0) + (forgotten.rowCount ?? 0);
}
