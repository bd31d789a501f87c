/** Which methods a path takes: those of its routes here, and those that other services of the archive have under the same path. */
import type { IncomingMessage } from 'node:http';
import { methodsOfRoute } from '@sandyq/dicomweb';
import type { Answer } from './answer.ts';
import { HttpError } from './errors.ts';
import { METHODS, type Route } from './route.ts';

/** What stands under `*`: `OPTIONS *` is about the whole server. */
export const ANY_METHODS = 'GET, POST, HEAD, OPTIONS';

/** Value of `Allow` (RFC 9110 §10.2.1) for a path; in a split archive the same on each service. */
export function allowOf(path: string, routes: readonly Route[]): string {
  const methods = new Set<string>([...routes.map(({ method }) => method), ...methodsOfRoute(path)]);
  const own = METHODS.filter((method) => method !== 'OPTIONS' && methods.has(method));
  return [...own, ...(methods.has('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
}

/** Whether a browser asks if it may send a request (Fetch, CORS protocol): never with a credential, never for content. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  );
}

/** The answer to OPTIONS, or 405 to a method that no route of the path takes. */
export function answerOtherMethod({ method }: IncomingMessage, allow: string): Answer {
  if (method === 'OPTIONS') {
    return { status: 204, headers: { Allow: allow, 'Access-Control-Allow-Methods': allow } };
  }
  throw new HttpError('method-not-allowed', `This path takes ${allow}.`, { headers: { Allow: allow } });
}
