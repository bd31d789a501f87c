/** From a request to the right to do it: origin, principal, decision, audit. Nothing runs before. */
import type { IncomingMessage } from 'node:http';
import type { AuditSink } from '@sandyq/audit';
import {
  type Allowed,
  type Authenticate,
  type Authentication,
  CHALLENGES,
  type Decision,
  decide,
  judgeOrigin,
  type OriginRules,
  type Principal,
} from '@sandyq/auth';
import { HttpError } from './errors.ts';
import type { GuardedRoute, Params, RouteResource } from './route.ts';

/** What access needs. */
export interface AccessPorts {
  readonly authenticate: Authenticate;
  readonly audit: AuditSink;
  readonly origin: OriginRules;
  /** Wall clock, for audit rows. */
  readonly now: () => Date;
}

/** The right to go on. */
export interface Access {
  readonly principal: Principal;
  readonly decision: Allowed;
  /** Settles when the decision is on record; no answer leaves before. */
  readonly recorded: Promise<void>;
}

/** A request as far as access needs it. */
export interface AccessRequest {
  readonly request: IncomingMessage;
  readonly requestId: string;
  readonly remoteAddress: string | undefined;
  readonly params: Params;
}

/** Refuses what a browser may have been tricked into; see `judgeOrigin`. */
export function assertOrigin({ method = '', headers }: IncomingMessage, rules: OriginRules): void {
  const failure = judgeOrigin(method, headers, rules);
  if (failure === 'foreign-host') {
    throw new HttpError(
      'foreign-host',
      'Without credentials the archive answers to localhost and 127.0.0.1 only.',
    );
  }
  if (failure === 'cross-site')
    throw new HttpError('cross-site', 'Pages of other sites may not change anything here.');
}

/** Lets the request pass or throws 401 or 403, which is then on record already. Rejects with 503 if it can't be recorded. */
export async function access(
  route: GuardedRoute,
  { request, ...facts }: AccessRequest,
  ports: AccessPorts,
): Promise<Access> {
  const authentication = await ports.authenticate(request.headers.authorization);
  const { principal } = authentication;
  const resource = route.resource?.(facts.params, queryOf(request)) ?? studyOf(facts.params);
  const decision = confined(route, decide(principal, route.action, resource));
  const recorded = record(route, facts, { authentication, decision, resource }, ports);
  if (principal !== undefined && decision.allowed) return { principal, decision, recorded };
  await recorded;
  throw refusal(authentication);
}

function queryOf({ url = '' }: Pick<IncomingMessage, 'url'>): URLSearchParams {
  const mark = url.indexOf('?');
  return new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1));
}

function studyOf({ study }: Params): RouteResource {
  return study === undefined ? {} : { studyInstanceUid: study };
}

/** A handler that does not filter by facility is not for principals that are confined to one. */
function confined(route: GuardedRoute, decision: Decision): Decision {
  const unfit = decision.allowed && decision.confinedTo !== undefined && route.keepsToFacility !== true;
  return unfit ? { allowed: false, reason: 'not-confinable' } : decision;
}

interface Judged {
  readonly authentication: Authentication;
  readonly decision: Decision;
  readonly resource: RouteResource;
}

function record(
  route: GuardedRoute,
  { requestId, remoteAddress }: Omit<AccessRequest, 'request'>,
  { authentication, decision, resource }: Judged,
  { audit, now }: AccessPorts,
): Promise<void> {
  if (!route.patientData) return Promise.resolve();
  const { principal } = authentication;
  const facilityId =
    resource.facilityId ?? (decision.allowed ? decision.confinedTo : undefined) ?? principal?.facilityId;
  return audit.record({
    occurredAt: now(),
    requestId,
    principalKind: principal?.kind ?? 'none',
    principalId: principal?.id ?? 'none',
    action: route.action,
    allowed: decision.allowed,
    reason: authentication.principal === undefined ? authentication.failure : decision.reason,
    ...(facilityId !== undefined && { facilityId }),
    ...(resource.studyInstanceUid !== undefined && { studyInstanceUid: resource.studyInstanceUid }),
    ...(remoteAddress !== undefined && { remoteAddress }),
  });
}

function refusal(authentication: Authentication): HttpError {
  if (authentication.principal !== undefined) {
    return new HttpError('forbidden', 'The roles of this key do not permit this.');
  }
  const message =
    authentication.failure === 'no-credential'
      ? 'A credential is needed: an API key, as "Authorization: Bearer {key}" or as the password of Basic.'
      : 'The credential is not valid.';
  return new HttpError('unauthenticated', message, { headers: { 'WWW-Authenticate': CHALLENGES } });
}
