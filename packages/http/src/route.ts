/** Routes as data: a path, what it does in terms of permissions, and its handler. No route without an action. */
import {
  type Action,
  decide,
  GUARDED_ACTIONS,
  type GuardedAction,
  OPEN_ACTIONS,
  type OpenAction,
  type Resource,
  ROLES,
} from '@sandyq/auth';
import type { Answer } from './answer.ts';
import type { OpenContext, RequestContext } from './context.ts';
import { StartError } from './errors.ts';

/** Methods a route can have. HEAD is answered by itself, and so is OPTIONS where no route says more than `Allow`. */
export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
/** One of {@link METHODS}. */
export type Method = (typeof METHODS)[number];

/** What a request names, as far as its path tells. */
export interface RouteResource extends Resource {
  /** For the audit: the study that is asked for. */
  readonly studyInstanceUid?: string;
}

/** Parameters of a path, decoded. */
export type Params = Readonly<Record<string, string>>;

interface RouteBase {
  readonly method: Method;
  /** Pattern of Express 5 (path-to-regexp 8): `/dicom-web/studies/:study`, `/viewer/*path`. */
  readonly path: string;
}

/** A route anyone may ask; it shows no patient data. */
export interface OpenRoute extends RouteBase {
  readonly action: OpenAction;
  readonly patientData: false;
  readonly handler: (context: OpenContext) => Promise<Answer> | Answer;
}

/** A route that needs a principal. */
export interface GuardedRoute extends RouteBase {
  readonly action: GuardedAction;
  /** Whether it touches patient data: then each decision is audited, allowed or not. */
  readonly patientData: boolean;
  /** What it touches; by default the study is the parameter `study`. The query is that of the request, unchecked. */
  readonly resource?: (params: Params, query: URLSearchParams) => RouteResource;
  /**
   * Says that the handler keeps to `context.decision.confinedTo`. Without it a principal that is confined to a facility is refused,
   * so that a handler that forgot can't show what belongs to another.
   */
  readonly keepsToFacility?: true;
  /**
   * Says that the handler waits for `context.recorded` before it changes anything, and may begin to receive meanwhile. Without it
   * a handler that is not of GET does not begin before.
   */
  readonly awaitsRecord?: true;
  readonly handler: (context: RequestContext) => Promise<Answer> | Answer;
}

/** A route. */
export type Route = OpenRoute | GuardedRoute;

/**
 * Throws `invalid-route` for what the types can't see: an unknown action or method, patient data behind an open action, an action
 * that no role has, one path twice with a method or with other parameter names. `createApp` asks it at start.
 */
export function assertEveryRouteHasRule(routes: readonly Route[]): void {
  const paths = new Map<string, string>();
  const seen = new Set<string>();
  for (const route of routes) {
    const name = `${route.method} ${route.path}`;
    if (!METHODS.includes(route.method)) throw invalid(name, 'has an unknown method');
    if (seen.has(name)) throw invalid(name, 'is there twice');
    seen.add(name);
    const shape = route.path.replace(/([:*])\w+/g, '$1');
    const known = paths.get(shape) ?? route.path;
    if (known !== route.path) throw invalid(name, `names the parameters of ${known} otherwise`);
    paths.set(shape, known);
    assertRule(route, name);
  }
}

/** Whether the route is one that anyone may ask. */
export function isOpenRoute(route: Route): route is OpenRoute {
  return OPEN_ACTIONS.some((action) => action === route.action);
}

function assertRule({ action, patientData }: { action: Action; patientData: unknown }, name: string): void {
  if (typeof patientData !== 'boolean') throw invalid(name, 'does not say whether it touches patient data');
  if (OPEN_ACTIONS.some((open) => open === action)) {
    if (patientData) throw invalid(name, 'touches patient data and is open to anyone');
    return;
  }
  if (!GUARDED_ACTIONS.some((guarded) => guarded === action)) throw invalid(name, 'has no action');
  const someone = ROLES.some((role) => decide(anyoneWith(role), action).allowed);
  if (!someone) throw invalid(name, 'has an action that no role may do');
}

function anyoneWith(role: (typeof ROLES)[number]) {
  return { kind: 'person', id: role, name: role, roles: [role], facilityId: '1' } as const;
}

function invalid(route: string, problem: string): StartError {
  return new StartError('invalid-route', `The route ${route} ${problem}.`);
}
