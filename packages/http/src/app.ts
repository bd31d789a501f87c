/** Mounts routes on Express 5: request id, origin, access, handler, audit, answer, errors, log. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AuditSink } from '@sandyq/audit';
import type { Authenticate } from '@sandyq/auth';
import type { Logger, Metrics } from '@sandyq/telemetry';
import express, { type Express, type IRoute, type NextFunction, type Request, type Response } from 'express';
import { type AccessPorts, access, assertOrigin } from './access.ts';
import { ANY_METHODS, allowOf, answerOtherMethod, isPreflight } from './allow.ts';
import { type Answer, discardAnswer } from './answer.ts';
import { baseUrlOf, remoteAddressOf } from './client-address.ts';
import { conditioned } from './conditions.ts';
import { OpenContext, RequestContext, type RequestFacts } from './context.ts';
import { setDefaultHeaders } from './default-headers.ts';
import { assertCharacterSet, withContentLocation } from './dicomweb-rules.ts';
import { mapError } from './error-mapping.ts';
import { HttpError } from './errors.ts';
import { type Exchange, ExchangeRecorder } from './exchange.ts';
import { problemAnswer } from './problem.ts';
import { assertExpectation } from './request-body.ts';
import { isAsterisk, normaliseTarget } from './request-target.ts';
import { assertEveryRouteHasRule, type GuardedRoute, isOpenRoute, type Method, type Route } from './route.ts';
import { sendAnswer } from './send-answer.ts';
import { addVary } from './send-stream.ts';
import type { Settings } from './settings/read-settings.ts';

/** What an app is made of. */
export interface AppOptions {
  readonly routes: readonly Route[];
  readonly authenticate: Authenticate;
  readonly audit: AuditSink;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly settings: Pick<Settings, 'authMode' | 'publicUrl' | 'corsOrigins' | 'trustedProxies'>;
  /** Wall clock, for audit rows. */
  readonly now?: () => Date;
  /** Milliseconds of a clock that never goes back. */
  readonly monotonicMs?: () => number;
  readonly newRequestId?: () => string;
}

/** Everything a request meets, made once. */
interface Stage extends AccessPorts {
  readonly settings: AppOptions['settings'];
  readonly exchanges: WeakMap<ServerResponse, Exchange>;
}

/**
 * Makes the app. Routes of several services can be given together (one process for all). Throws `invalid-route` if a route has no
 * rule. Each request is answered exactly once, and on routes with patient data not before its decision is on record: reading runs
 * meanwhile, anything that changes something waits for it.
 */
export function createApp(options: AppOptions): Express {
  const { routes, authenticate, audit, logger, metrics, settings } = options;
  const {
    now = () => new Date(),
    monotonicMs = () => performance.now(),
    newRequestId = randomUUID,
  } = options;
  assertEveryRouteHasRule(routes);
  const { publicUrl, corsOrigins } = settings;
  const origin = {
    loopbackOnly: settings.authMode === 'single-user',
    publicUrl,
    allowedOrigins: corsOrigins,
  };
  const stage: Stage = { authenticate, audit, origin, now, settings, exchanges: new WeakMap() };
  const recorder = new ExchangeRecorder(routes, metrics, monotonicMs);

  const app = express();
  app.disable('x-powered-by').set('etag', false).set('query parser', false);
  // As the reverse proxy of the split archive reads paths, and as URLs are (RFC 3986 §6.2.2.1).
  app.enable('case sensitive routing');
  app.use((request: Request, response: Response, next: NextFunction) => {
    const requestId = requestIdOf(request, newRequestId);
    stage.exchanges.set(response, recorder.begin(request, response, requestId, logger));
    prepare(request, response, requestId, stage);
    if (isAsterisk(request)) {
      void respond(request, response, stage, async () => answerOtherMethod(request, ANY_METHODS));
      return;
    }
    next();
  });
  for (const [path, sharing] of Map.groupBy(routes, (route) => route.path))
    mountPath(app, path, sharing, stage);
  app.use(() => {
    throw new HttpError('not-found', 'There is nothing under this path.');
  });
  // Express knows an error handler by its four parameters.
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) =>
    respond(request, response, stage, () => failWith(fromExpress(error))),
  );
  return app;
}

/** What every answer has, whatever comes of it; refuses what a browser may have been tricked into. */
function prepare(request: Request, response: Response, requestId: string, { settings, origin }: Stage): void {
  // Log, drain, abort signal, and a stream's pipeline listen to each answer: more than Node's default of 10.
  response.setMaxListeners(MAX_LISTENERS);
  response.setHeader('X-Request-Id', requestId);
  setDefaultHeaders(request, response, settings);
  normaliseTarget(request);
  assertExpectation(request);
  assertOrigin(request, origin);
}

function mountPath(app: Express, path: string, routes: readonly Route[], stage: Stage): void {
  const mounted = app.route(path);
  const allow = allowOf(path, routes);
  const other = (request: Request, response: Response) =>
    respond(request, response, stage, async () => answerOtherMethod(request, allow));
  mounted.options((request, response, next) => (isPreflight(request) ? other(request, response) : next()));
  for (const route of routes) {
    mountMethod(mounted, route.method, (request, response) => {
      if (NEGOTIATED.test(path)) addVary(response, 'Accept');
      return respond(request, response, stage, (exchange) =>
        answerOf(route, request, response, { stage, exchange }),
      );
    });
  }
  mounted.all(other);
}

type Mountable = (request: Request, response: Response) => Promise<void>;

function mountMethod(mounted: IRoute, method: Method, handler: Mountable): void {
  switch (method) {
    case 'GET':
      mounted.get(handler);
      break;
    case 'POST':
      mounted.post(handler);
      break;
    case 'PUT':
      mounted.put(handler);
      break;
    case 'PATCH':
      mounted.patch(handler);
      break;
    case 'DELETE':
      mounted.delete(handler);
      break;
    case 'OPTIONS':
      mounted.options(handler);
      break;
  }
}

/** Runs what makes the answer and sends it, or the error. Never rejects. */
async function respond(
  request: Request,
  response: Response,
  { exchanges }: Stage,
  make: (exchange: Exchange) => Promise<Answer>,
): Promise<void> {
  const exchange = exchanges.get(response);
  if (exchange === undefined) return;
  try {
    const answer = conditioned(request, await make(exchange));
    exchange.result = await sendAnswer(request, response, answer);
    if (exchange.result.outcome === 'source-failed') {
      exchange.logger.error('answer-broken', { error: exchange.result.error, route: exchange.route?.path });
    }
  } catch (error) {
    await respondToError(request, response, exchange, error);
  } finally {
    exchange.handled();
  }
}

async function respondToError(
  request: Request,
  response: Response,
  exchange: Exchange,
  error: unknown,
): Promise<void> {
  if (response.destroyed) {
    exchange.result = { outcome: 'client-left', sentBytes: 0 };
    return;
  }
  const { status, error: code } = mapError(error);
  exchange.errorCode = code;
  if (status >= 500) exchange.logger.error('request-failed', { error, status, route: exchange.route?.path });
  if (response.headersSent) response.socket?.resetAndDestroy();
  else exchange.result = await sendAnswer(request, response, problemAnswer(error, exchange.requestId));
}

async function answerOf(
  route: Route,
  request: Request,
  response: Response,
  { stage, exchange }: { stage: Stage; exchange: Exchange },
): Promise<Answer> {
  const { requestId, logger } = exchange;
  exchange.route = route;
  const facts: RequestFacts = {
    requestId,
    route: route.path,
    params: paramsOf(request),
    baseUrl: baseUrlOf(request, stage.settings),
    remoteAddress: remoteAddressOf(request, stage.settings.trustedProxies),
    logger,
  };
  if (isOpenRoute(route)) return route.handler(new OpenContext(request, response, facts));
  const granted = await access(route, { request, ...facts }, stage);
  exchange.principalId = granted.principal.id;
  return guardedAnswer(route, new RequestContext(request, response, facts, granted));
}

async function guardedAnswer(route: GuardedRoute, context: RequestContext): Promise<Answer> {
  const { recorded } = context;
  const handle = async () => {
    assertCharacterSet(route, context);
    return withContentLocation(route, context, await route.handler(context));
  };
  if (route.method !== 'GET' && route.awaitsRecord !== true) {
    await recorded;
    return handle();
  }
  const handled = handle();
  const [answer, audit] = await Promise.allSettled([handled, recorded]);
  if (audit.status === 'fulfilled' && answer.status === 'fulfilled') return answer.value;
  if (answer.status === 'fulfilled') discardAnswer(answer.value);
  throw audit.status === 'rejected' ? audit.reason : answer.status === 'rejected' ? answer.reason : undefined;
}

function paramsOf({ params }: Request): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, Array.isArray(value) ? value.join('/') : value]),
  );
}

/** Paths whose answers depend on what the client accepts (PS3.18 §8.7.8). */
const NEGOTIATED = /^\/(dicom-web|wado)(\/|$)/;
const MAX_LISTENERS = 30;
const UUID = /^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i;

/** The id that came with the request if it is a UUID (a reverse proxy gave it), else a new one. */
function requestIdOf({ headers }: IncomingMessage, newRequestId: () => string): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && UUID.test(given) ? given : newRequestId();
}

async function failWith(error: unknown): Promise<never> {
  throw error;
}

/** Express throws errors with a status for what it can't read of a URL. */
function fromExpress(error: unknown): unknown {
  const status: unknown = error instanceof Error ? Reflect.get(error, 'status') : undefined;
  if (status !== 400) return error;
  return new HttpError('bad-request', 'The path is not validly percent-encoded.', { cause: error });
}
