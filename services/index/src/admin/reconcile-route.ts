/**
 * `POST /admin/reconcile`: has store and index compared; what would be done is said, and done with `dryRun=false`. It is
 * answered at once (202); what becomes of it is at `GET /admin/reconcile/{id}`.
 * `GET /admin/reconcile`: how far the comparison in the background is, what the last whole one found, and what was asked for last.
 */
import {
  type BackgroundRequest,
  insertBackgroundRequest,
  lastPasses,
  listBackgroundRequests,
  readBackgroundRequest,
  readIndexState,
} from '@sandyq/database';
import { type Answer, type GuardedRoute, HttpError, jsonAnswer, type RequestContext } from '@sandyq/http';
import type { Archive } from '@sandyq/service';
import { reconcileInput } from '../reconcile-requested.ts';
import { acceptedAnswer, stateOf } from '../requests/describe-request.ts';
import { adminRoute } from './refusal.ts';

const PATH = '/admin/reconcile';
const KINDS = ['reconcile'] as const;

export function reconcileRoutes(archive: Archive): GuardedRoute[] {
  const common = { action: 'administer', patientData: false } as const;
  return [
    adminRoute({ ...common, path: PATH, method: 'POST', handler: (context) => ask(archive, context) }),
    adminRoute({
      ...common,
      path: PATH,
      method: 'GET',
      handler: async () => jsonAnswer(200, await overview(archive)),
    }),
    adminRoute({
      ...common,
      path: `${PATH}/:id`,
      method: 'GET',
      handler: async ({ params }) => jsonAnswer(200, await find(archive, params['id'] ?? '')),
    }),
  ];
}

async function ask(archive: Archive, context: RequestContext): Promise<Answer> {
  const request = await insertBackgroundRequest(archive.database, {
    requestId: archive.newId(),
    kind: 'reconcile',
    subject: '',
    input: { dryRun: isDryRun(context) },
    requestedBy: context.principal.id,
  });
  if (request === undefined) {
    throw new HttpError(
      'conflict',
      `A comparison is under way: see GET ${PATH}. Ask again when it has ended.`,
    );
  }
  return acceptedAnswer(archive, `${PATH}/${request.requestId}`, describe(request));
}

async function overview({ database }: Archive): Promise<object> {
  const { open, complete } = await lastPasses(database);
  const state = await readIndexState(database);
  const [asked] = await listBackgroundRequests(database, { kinds: KINDS }, 1);
  return {
    index: state.isCaughtUp ? { isCaughtUp: true } : { isCaughtUp: false, reason: state.reason },
    ...(open !== undefined && { underWay: open }),
    ...(complete !== undefined && { complete }),
    ...(asked !== undefined && { lastRequest: describe(asked) }),
  };
}

async function find({ database }: Archive, requestId: string): Promise<object> {
  const request = await readBackgroundRequest(database, requestId, KINDS);
  if (request !== undefined) return describe(request);
  throw new HttpError('not-found', 'There is no such comparison; the last 100 are kept.');
}

/** A request as administrators see it, with its counts so far or in the end. */
function describe(request: BackgroundRequest): object {
  const { requestId, input, requestedBy, requestedAt, startedAt, endedAt, failure } = request;
  return {
    requestId,
    dryRun: reconcileInput.parse(input).dryRun,
    requestedBy,
    requestedAt,
    state: stateOf(request),
    startedAt,
    endedAt,
    failure,
    ...((request.result ?? request.progress) as object),
  };
}

/** Nothing is changed unless the request says so. */
function isDryRun({ query }: RequestContext): boolean {
  const text = query.get('dryRun') ?? 'true';
  if (text === 'true' || text === 'false') return text === 'true';
  throw new HttpError('bad-request', '"dryRun" must be true or false.');
}
