/**
 * `/admin/retention/requests`: what-ifs, plans and executions that were asked for (202), and what becomes of them. They are
 * done in the background, whether or not whoever asked is still there.
 */
import {
  type BackgroundKind,
  type BackgroundRequest,
  insertBackgroundRequest,
  listBackgroundRequests,
  readBackgroundRequest,
  stopBackgroundRequest,
} from '@sandyq/database';
import { type Answer, type GuardedRoute, HttpError, jsonAnswer, type RequestContext } from '@sandyq/http';
import type { Archive } from '@sandyq/service';
import { z } from 'zod';
import { acceptedAnswer, stateOf } from '../../requests/describe-request.ts';
import { limitOf, nextOf } from '../parameters.ts';
import { actorOf, retentionRoute } from './retention-route.ts';

const PATH = '/requests';
const KINDS: readonly RetentionKind[] = ['what-if', 'plan', 'dry-run', 'execution'];

type RetentionKind = Exclude<BackgroundKind, 'reconcile'>;

type Ports = Pick<Archive, 'database'>;

/** Routes of requests. */
export function requestRoutes(archive: Ports): GuardedRoute[] {
  return [
    retentionRoute('GET', PATH, (context) => list(archive, context)),
    retentionRoute('GET', `${PATH}/:id`, async (context) =>
      jsonAnswer(200, describeRequest(await find(archive, context))),
    ),
    retentionRoute('POST', `${PATH}/:id/stop`, (context) => stop(archive, context)),
  ];
}

/** What is asked for, and about which plan. */
export interface Asked {
  readonly kind: RetentionKind;
  readonly planId?: string;
  readonly input: unknown;
}

/** Has it done in the background: 202, and where to look. Throws `conflict` where the same is under way. */
export async function askFor(
  archive: Pick<Archive, 'database' | 'newId' | 'settings'>,
  context: RequestContext,
  { kind, planId, input }: Asked,
): Promise<Answer> {
  const { principalId: requestedBy } = await actorOf(archive, context);
  const asked = { requestId: archive.newId(), kind, subject: planId ?? '', input, requestedBy };
  const request = await insertBackgroundRequest(archive.database, asked);
  if (request === undefined)
    throw new HttpError(
      'conflict',
      'The same is under way: see GET /admin/retention/requests. Ask again when it has ended.',
    );
  return acceptedAnswer(archive, `/admin/retention${PATH}/${request.requestId}`, describeRequest(request));
}

/** `before`: id of the last request of the page before. */
async function list({ database }: Ports, context: RequestContext): Promise<Answer> {
  const limit = limitOf(context);
  const before = context.query.get('before') ?? undefined;
  if (before !== undefined) await demand(database, before);
  const found = await listBackgroundRequests(database, { kinds: KINDS, before }, limit);
  const next = nextOf(found, limit, ({ requestId }) => requestId);
  return jsonAnswer(200, { requests: found.map(describeRequest), next });
}

function find({ database }: Ports, { params }: RequestContext): Promise<BackgroundRequest> {
  return demand(database, params['id'] ?? '');
}

async function demand(database: Ports['database'], requestId: string): Promise<BackgroundRequest> {
  const request = await readBackgroundRequest(database, requestId, KINDS);
  if (request !== undefined) return request;
  throw new HttpError('not-found', 'There is no such request; the last 100 of each kind are kept.');
}

/** 202: whoever is at it ends between two steps; what is done stays done. 200: it has ended. */
async function stop(archive: Ports, context: RequestContext): Promise<Answer> {
  const { requestId } = await find(archive, context);
  const { principalId } = await actorOf(archive, context);
  const stopped = await stopBackgroundRequest(archive.database, requestId, principalId);
  const request = stopped ?? (await find(archive, context));
  return jsonAnswer(request.endedAt === undefined ? 202 : 200, describeRequest(request));
}

const inputSchema = z.looseObject({ text: z.string().optional() });

/** `progress`: studies that were looked at, `of` how many where that is known. The text of a schedule is not repeated. */
function describeRequest(request: BackgroundRequest): object {
  const { requestId: id, kind, subject, requestedBy, requestedAt, startedAt, endedAt } = request;
  const { stopAskedBy, progress, result, failure } = request;
  const { text: _, ...asked } = inputSchema.parse(request.input);
  return {
    id,
    kind,
    state: stateOf(request),
    ...(subject !== '' && { planId: subject }),
    asked,
    requestedBy,
    requestedAt,
    startedAt,
    endedAt,
    stopAskedBy,
    progress,
    failure,
    result,
  };
}
