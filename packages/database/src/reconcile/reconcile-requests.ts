/** Comparisons of store and index that administrators ask for: asked, taken by one process at a time, ended. */
import type { Queryable } from '../database.ts';
import { isUuid } from '../uuid.ts';
import type { PassHolder } from './reconcile-pass.ts';

/** Whom it is for, and whether it may change anything. */
export interface NewReconcileRequest {
  readonly requestId: string;
  readonly dryRun: boolean;
  readonly requestedBy: string;
}

/** A request and what became of it. */
export interface ReconcileRequestRow extends NewReconcileRequest {
  readonly requestedAt: Date;
  readonly startedAt: Date | undefined;
  readonly endedAt: Date | undefined;
  readonly failure: string | undefined;
  /** Counts so far. */
  readonly report: unknown;
}

/** Requests that are kept for looking back. */
const KEPT_REQUESTS = 100;

/** Asks for a comparison; undefined if another one has been asked for and has not ended. */
export async function insertReconcileRequest(
  client: Queryable,
  { requestId, dryRun, requestedBy }: NewReconcileRequest,
): Promise<ReconcileRequestRow | undefined> {
  const inserted = await client.query<RequestRow>({
    name: 'insert-reconcile-request',
    text: `insert into reconcile_request (reconcile_request_id, dry_run, requested_by) values ($1, $2, $3)
      on conflict ((true)) where ended_at is null do nothing returning ${COLUMNS}`,
    values: [requestId, dryRun, requestedBy],
  });
  return inserted.rows.map(toRequest)[0];
}

/** The request that waits, or whose process has shown no sign of life. */
export async function takeReconcileRequest(
  client: Queryable,
  { holder, holdSeconds }: PassHolder,
): Promise<ReconcileRequestRow | undefined> {
  const taken = await client.query<RequestRow>({
    name: 'take-reconcile-request',
    text: `update reconcile_request set held_by = $1, held_until = now() + make_interval(secs => $2), started_at = now()
      where ended_at is null and held_until <= now() returning ${COLUMNS}`,
    values: [holder, holdSeconds],
  });
  return taken.rows.map(toRequest)[0];
}

/** Notes how far it is. False: another process has it now. */
export async function advanceReconcileRequest(
  client: Queryable,
  requestId: string,
  { holder, holdSeconds, report }: PassHolder & { readonly report: object },
): Promise<boolean> {
  const advanced = await client.query({
    name: 'advance-reconcile-request',
    text: `update reconcile_request set report = $3, held_until = now() + make_interval(secs => $4)
      where reconcile_request_id = $1 and held_by = $2 and ended_at is null`,
    values: [requestId, holder, JSON.stringify(report), holdSeconds],
  });
  return advanced.rowCount === 1;
}

/** Gives it back: the next process begins anew. */
export async function releaseReconcileRequest(
  client: Queryable,
  requestId: string,
  holder: string,
): Promise<void> {
  await client.query({
    name: 'release-reconcile-request',
    text: `update reconcile_request set held_until = now(), started_at = null
      where reconcile_request_id = $1 and held_by = $2 and ended_at is null`,
    values: [requestId, holder],
  });
}

/** How it ended: with a report, or early. */
export interface ReconcileEnd {
  readonly holder: string;
  readonly report: object;
  /** A sentence without names or ids of patients. */
  readonly failure?: string | undefined;
}

/** Notes its end, unless another process has it now. */
export async function endReconcileRequest(
  client: Queryable,
  requestId: string,
  { holder, report, failure }: ReconcileEnd,
): Promise<void> {
  await client.query({
    name: 'end-reconcile-request',
    text: `update reconcile_request set ended_at = now(), report = $3, failure = $4
      where reconcile_request_id = $1 and held_by = $2 and ended_at is null`,
    values: [requestId, holder, JSON.stringify(report), failure ?? null],
  });
  await client.query({
    name: 'forget-old-reconcile-requests',
    text: `delete from reconcile_request where ended_at is not null and reconcile_request_id not in
      (select reconcile_request_id from reconcile_request order by requested_at desc limit $1)`,
    values: [KEPT_REQUESTS],
  });
}

export async function readReconcileRequest(
  client: Queryable,
  requestId: string,
): Promise<ReconcileRequestRow | undefined> {
  if (!isUuid(requestId)) return undefined;
  const result = await client.query<RequestRow>({
    name: 'read-reconcile-request',
    text: `select ${COLUMNS} from reconcile_request where reconcile_request_id = $1`,
    values: [requestId],
  });
  return result.rows.map(toRequest)[0];
}

/** The newest; undefined: nobody has asked yet. */
export async function lastReconcileRequest(client: Queryable): Promise<ReconcileRequestRow | undefined> {
  const result = await client.query<RequestRow>({
    name: 'last-reconcile-request',
    text: `select ${COLUMNS} from reconcile_request order by requested_at desc limit 1`,
  });
  return result.rows.map(toRequest)[0];
}

const COLUMNS =
  'reconcile_request_id, dry_run, requested_by, requested_at, started_at, ended_at, failure, report';

interface RequestRow {
  reconcile_request_id: string;
  dry_run: boolean;
  requested_by: string;
  requested_at: Date;
  started_at: Date | null;
  ended_at: Date | null;
  failure: string | null;
  report: unknown;
}

function toRequest(row: RequestRow): ReconcileRequestRow {
  return {
    requestId: row.reconcile_request_id,
    dryRun: row.dry_run,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at,
    startedAt: row.started_at ?? undefined,
    endedAt: row.ended_at ?? undefined,
    failure: row.failure ?? undefined,
    report: row.report,
  };
}
