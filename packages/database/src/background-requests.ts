/**
 * Work that is asked for and takes longer than anybody waits for an answer: asked, taken by one process at a time, ended. A
 * process that shows no sign of life for a while has lost what it had to the next one.
 */
import type { Queryable } from './database.ts';
import { rows } from './read-rows.ts';
import { isUuid } from './uuid.ts';

/** What is asked for: `dry-run` and `execution` are of a plan. */
export type BackgroundKind = 'reconcile' | 'what-if' | 'plan' | 'dry-run' | 'execution';

/** Who asks for what. */
export interface NewBackgroundRequest {
  readonly requestId: string;
  readonly kind: BackgroundKind;
  /** Beside it no other of its kind is open: the id of a plan; empty: everything. */
  readonly subject: string;
  /** As JSON. */
  readonly input: unknown;
  readonly requestedBy: string;
}

/** A request and what became of it. */
export interface BackgroundRequest extends NewBackgroundRequest {
  readonly requestedAt: Date;
  /** By the process that has it now. */
  readonly startedAt: Date | undefined;
  readonly endedAt: Date | undefined;
  readonly outcome: BackgroundOutcome | undefined;
  readonly stopAskedBy: string | undefined;
  readonly progress: unknown;
  readonly result: unknown;
  readonly failure: string | undefined;
}

/** How a request has ended. */
export type BackgroundOutcome = 'done' | 'failed' | 'stopped';

/** Whom a request belongs to, and for how long without a sign of life. */
export interface RequestHolder {
  readonly holder: string;
  readonly holdSeconds: number;
}

/** Requests of a kind that are kept for looking back. */
const KEPT_REQUESTS = 100;

const COLUMNS = `background_request_id as "requestId", kind, subject, input, requested_by as "requestedBy",
  requested_at as "requestedAt", started_at as "startedAt", ended_at as "endedAt", outcome,
  stop_asked_by as "stopAskedBy", progress, result, failure`;

/** Asks for work; undefined if the same has been asked for and has not ended. */
export async function insertBackgroundRequest(
  client: Queryable,
  { requestId, kind, subject, input, requestedBy }: NewBackgroundRequest,
): Promise<BackgroundRequest | undefined> {
  const [inserted] = await rows<BackgroundRequest>(
    client,
    `insert into background_request (background_request_id, kind, subject, input, requested_by)
      values ($1, $2, $3, $4, $5)
      on conflict (kind, subject) where ended_at is null do nothing returning ${COLUMNS}`,
    [requestId, kind, subject, JSON.stringify(input), requestedBy],
  );
  if (inserted !== undefined) await forgetOldRequests(client, kind);
  return inserted;
}

async function forgetOldRequests(client: Queryable, kind: BackgroundKind): Promise<void> {
  await client.query({
    name: 'forget-old-background-requests',
    text: `delete from background_request where kind = $1 and ended_at is not null and background_request_id not in
      (select background_request_id from background_request where kind = $1 order by requested_at desc limit $2)`,
    values: [kind, KEPT_REQUESTS],
  });
}

/** The oldest request of the kind that waits, or whose process has shown no sign of life. */
export async function takeBackgroundRequest(
  client: Queryable,
  kind: BackgroundKind,
  { holder, holdSeconds }: RequestHolder,
): Promise<BackgroundRequest | undefined> {
  const [taken] = await rows<BackgroundRequest>(
    client,
    `update background_request set held_by = $2, held_until = now() + make_interval(secs => $3), started_at = now(),
        progress = '{}'
      where background_request_id = (
        select background_request_id from background_request
        where kind = $1 and ended_at is null and held_until <= now()
        order by requested_at limit 1 for update skip locked)
      returning ${COLUMNS}`,
    [kind, holder, holdSeconds],
  );
  return taken;
}

/** Notes how far it is. `lost`: another process has it now; `stopping`: somebody wants it to end. */
export async function advanceBackgroundRequest(
  client: Queryable,
  requestId: string,
  { holder, holdSeconds, progress }: RequestHolder & { readonly progress: object },
): Promise<'held' | 'stopping' | 'lost'> {
  const [advanced] = await rows<{ isStopping: boolean }>(
    client,
    `update background_request set progress = $3, held_until = now() + make_interval(secs => $4)
      where background_request_id = $1 and held_by = $2 and ended_at is null
      returning stop_asked_by is not null as "isStopping"`,
    [requestId, holder, JSON.stringify(progress), holdSeconds],
  );
  if (advanced === undefined) return 'lost';
  return advanced.isStopping ? 'stopping' : 'held';
}

/** Gives it back: the next process begins anew. */
export async function releaseBackgroundRequest(
  client: Queryable,
  requestId: string,
  holder: string,
): Promise<void> {
  await client.query({
    name: 'release-background-request',
    text: `update background_request set held_until = now(), started_at = null
      where background_request_id = $1 and held_by = $2 and ended_at is null`,
    values: [requestId, holder],
  });
}

/** Asks whoever has it to end it; one that nobody has begun ends at once. Undefined: it has ended, or there is none. */
export async function stopBackgroundRequest(
  client: Queryable,
  requestId: string,
  stopAskedBy: string,
): Promise<BackgroundRequest | undefined> {
  const [stopped] = await rows<BackgroundRequest>(
    client,
    `update background_request set stop_asked_by = coalesce(stop_asked_by, $2),
        ended_at = case when started_at is null then now() end,
        outcome = case when started_at is null then 'stopped' end,
        input = case when started_at is null then input - 'text' else input end
      where background_request_id = $1 and ended_at is null returning ${COLUMNS}`,
    [requestId, stopAskedBy],
  );
  return stopped;
}

/** How it ended. */
export interface BackgroundEnd {
  readonly holder: string;
  readonly outcome: BackgroundOutcome;
  readonly progress?: object | undefined;
  readonly result?: object | undefined;
  /** A sentence without names or ids of patients. */
  readonly failure?: string | undefined;
}

/** Notes its end; false: it has ended already, or another process has it now. The text of a schedule is not kept. */
export async function endBackgroundRequest(
  client: Queryable,
  requestId: string,
  { holder, outcome, progress, result, failure }: BackgroundEnd,
): Promise<boolean> {
  const ended = await client.query({
    name: 'end-background-request',
    text: `update background_request set ended_at = now(), outcome = $3, progress = coalesce($4, progress), result = $5,
        failure = $6, input = input - 'text'
      where background_request_id = $1 and held_by = $2 and ended_at is null`,
    values: [requestId, holder, outcome, asJson(progress), asJson(result), failure ?? null],
  });
  return ended.rowCount === 1;
}

function asJson(value: object | undefined): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

/** One of these kinds; undefined: there is none. */
export async function readBackgroundRequest(
  client: Queryable,
  requestId: string,
  kinds: readonly BackgroundKind[],
): Promise<BackgroundRequest | undefined> {
  if (!isUuid(requestId)) return undefined;
  const [found] = await rows<BackgroundRequest>(
    client,
    `select ${COLUMNS} from background_request where background_request_id = $1 and kind = any ($2)`,
    [requestId, kinds],
  );
  return found;
}

/** Up to `limit` of these kinds, newest first; those from before the request `before`, if it is given. */
export async function listBackgroundRequests(
  client: Queryable,
  { kinds, before }: { readonly kinds: readonly BackgroundKind[]; readonly before?: string | undefined },
  limit: number,
): Promise<BackgroundRequest[]> {
  return rows<BackgroundRequest>(
    client,
    `select ${COLUMNS} from background_request r where kind = any ($1)
        and ($2::uuid is null or (r.requested_at, r.background_request_id) <
          (select b.requested_at, b.background_request_id from background_request b
            where b.background_request_id = $2))
      order by r.requested_at desc, r.background_request_id desc limit $3`,
    [kinds, before ?? null, limit],
  );
}
