/** Conditional requests (RFC 9110 §13) for whatever answers have a validator: no handler has to think of them. */
import type { IncomingMessage } from 'node:http';
import { isMatchFulfilled, isNoneMatchFulfilled } from '@sandyq/dicomweb';
import { type Answer, type AnswerHeaders, discardAnswer } from './answer.ts';
import { HttpError } from './errors.ts';

/** What a 304 says of the representation that the client has (RFC 9110 §15.4.5). */
const KEPT: ReadonlySet<string> = new Set([
  'etag',
  'cache-control',
  'content-location',
  'expires',
  'last-modified',
  'vary',
]);

/**
 * The answer, or 304 where the client has it already; in the order of RFC 9110 §13.2.2. Throws `precondition-failed`. A handler may
 * have judged If-None-Match itself, to spare the work.
 */
export function conditioned(request: IncomingMessage, answer: Answer): Answer {
  if (request.method !== 'GET' && request.method !== 'HEAD') return answer;
  if (answer.status >= 300 && answer.status !== 304) return answer;
  const tag = headerOf(answer, 'etag');
  const modified = dateOf(headerOf(answer, 'last-modified'));
  if (!isPreconditionMet(request, tag, modified)) {
    discardAnswer(answer);
    throw new HttpError('precondition-failed', 'The resource is not in the state that the request names.');
  }
  if (answer.status === 304 || !isKnown(request, tag, modified)) return answer;
  discardAnswer(answer);
  const kept = Object.entries(answer.headers ?? {}).filter(([name]) => KEPT.has(name.toLowerCase()));
  return { status: 304, headers: Object.fromEntries(kept) };
}

function isPreconditionMet(
  { headers }: IncomingMessage,
  tag: string | undefined,
  modified: number | undefined,
): boolean {
  if (headers['if-match'] !== undefined)
    return tag === undefined || isMatchFulfilled(headers['if-match'], tag);
  const since = dateOf(headers['if-unmodified-since']);
  return since === undefined || modified === undefined || modified <= since;
}

function isKnown(
  { headers }: IncomingMessage,
  tag: string | undefined,
  modified: number | undefined,
): boolean {
  const noneMatch = headers['if-none-match'];
  if (noneMatch !== undefined) return tag !== undefined && isNoneMatchFulfilled(noneMatch, tag);
  const since = dateOf(headers['if-modified-since']);
  return since !== undefined && modified !== undefined && modified <= since;
}

function headerOf({ headers = {} }: Answer, wanted: string): string | undefined {
  return valueOf(headers, wanted)?.toString();
}

function valueOf(headers: AnswerHeaders, wanted: string): AnswerHeaders[string] | undefined {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === wanted)?.[1];
}

/** Milliseconds since 1970; undefined for what is no HTTP date, which counts as absent (RFC 9110 §13.1.3). */
function dateOf(text: string | undefined): number | undefined {
  const milliseconds = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}
