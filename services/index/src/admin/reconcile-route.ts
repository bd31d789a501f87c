/**
 * `POST /admin/reconcile`: has store and index compared; what would be done is said, and done with `dryRun=false`. It is
 * answered at once (202); what becomes of it is at `GET /admin/reconcile/{id}`.
 * `GET /admin/reconcile`: how far the comparison in the background is, what the last whole one found, and what was asked for last.
 */
import {
  insertReconcileRequest,
  lastPasses,
  lastReconcileRequest,
  type ReconcileRequestRow,
  readIndexState,
  readReconcileRequest,
} from '@sandyq/database';
import { type Answer, type GuardedRoute, HttpError, jsonAnswer, type RequestContext } from '@sandyq/http';
import type { Archive } from '@sandyq/service';
import { pathPrefixOf } from '../pages/path-prefix.ts';
import { adminRoute } from './refusal.ts';

const PATH = '/admin/reconcile';

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

async function ask({ database, newId, settings }: Archive, context: RequestContext): Promise<Answer> {
  const asked = { requestId: newId(), dryRun: isDryRun(context), requestedBy: context.principal.id };
  const request = await insertReconcileRequest(database, asked);
  if (request === undefined) {
    throw new HttpError(
      'conflict',
      `A comparison is under way: see GET ${PATH}. Ask again when it has ended.`,
    );
  }
  const location = `${pathPrefixOf(settings.publicUrl).slice(0, -1)}${PATH}/${request.requestId}`;
  return jsonAnswer(202, describe(request), { Location: location, 'Retry-After': '1' });
}

async function overview({ database }: Archive): Promise<object> {
  const { open, complete } = await lastPasses(database);
  const state = await readIndexState(database);
  const asked = await lastReconcileRequest(database);
  return {
    index: state.isCaughtUp ? { isCaughtUp: true } : { isCaughtUp: false, reason: state.reason },
    ...(open !== undefined && { underWay: open }),
    ...(complete !== undefined && { complete }),
    ...(asked !== undefined && { lastRequest: describe(asked) }),
  };
}

async function find({ database }: Archive, requestId: string): Promise<object> {
  const request = await readReconcileRequest(database, requestId);
  if (request !== undefined) return describe(request);
  throw new HttpError('not-found', 'There is no such comparison; the last 100 are kept.');
}

/** A request as administrators see it: `state` is waiting, running, ended or failed. */
function describe({ report, startedAt, endedAt, failure, ...request }: ReconcileRequestRow): object {
  const begun = startedAt === undefined ? 'waiting' : 'running';
  const over = failure === undefined ? 'ended' : 'failed';
  return {
    ...request,
    state: endedAt === undefined ? begun : over,
    ...(startedAt !== undefined && { startedAt }),
    ...(endedAt !== undefined && { endedAt }),
    ...(failure !== undefined && { failure }),
    ...(report as object),
  };
}

/** Nothing is changed unless the request says so. */
function isDryRun({ query }: RequestContext): boolean {
  const text = query.get('dryRun') ?? 'true';
  if (text === 'true' || text === 'false') return text === 'true';
  throw new HttpError('bad-request', '"dryRun" must be true or false.');
}
