/** What holds of every DICOMweb resource (PS3.18 §8), so that no handler has to think of it. */
import type { Answer } from './answer.ts';
import type { RequestContext } from './context.ts';
import { HttpError } from './errors.ts';
import type { GuardedRoute } from './route.ts';

const BELOW_ROOT = /^\/dicom-web\//;

/** Character sets that UTF-8 answers are in; `*` takes any. */
const CHARACTER_SETS: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii', '*']);

/**
 * Throws `bad-request` where the `charset` query parameter names only character sets that answers are not written in (§8.3.3.2,
 * §8.8.4). `Accept-Charset` is a wish, and ignored.
 */
export function assertCharacterSet({ path }: GuardedRoute, { query }: Pick<RequestContext, 'query'>): void {
  const wanted = BELOW_ROOT.test(path) ? query.getAll('charset').join(',') : '';
  if (wanted === '') return;
  const names = wanted.split(',').map((name) => (name.split(';')[0] ?? '').trim().toLowerCase());
  if (names.some((name) => CHARACTER_SETS.has(name))) return;
  throw new HttpError('bad-request', 'charset: answers are written in utf-8 only.');
}

/**
 * Reverse proxies take heads of 4 KiB (nginx, unless told otherwise) and turn longer ones into 502: a list of hundreds of frames is
 * not said again.
 */
const LONGEST_LOCATION = 2_000;

/** The answer with `Content-Location` where it represents the resource that was asked for (Table 8.4.2-1, §9.5.3.2), unless its handler says more. */
export function withContentLocation(
  { path, action, method }: GuardedRoute,
  context: Pick<RequestContext, 'baseUrl' | 'target'>,
  answer: Answer,
): Answer {
  const isResource = (BELOW_ROOT.test(path) || path === '/wado') && action !== 'search' && method === 'GET';
  if (!isResource || (answer.status !== 200 && answer.status !== 206)) return answer;
  const location = context.baseUrl + context.target.replace(/[^\x21-\x7e]/g, encodeURIComponent);
  if (location.length > LONGEST_LOCATION) return answer;
  return { ...answer, headers: { 'Content-Location': location, ...answer.headers } };
}
