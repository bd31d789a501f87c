/** An error as the client gets it: JSON of RFC 9457, `{title, status, error, message, requestId}`. */
import { STATUS_CODES } from 'node:http';
import type { Answer } from './answer.ts';
import { mapError } from './error-mapping.ts';
import { HttpError } from './errors.ts';

/** Makes the answer to an error. `error` is a code to act on, `message` a sentence to read, `requestId` finds the log line. */
export function problemAnswer(thrown: unknown, requestId: string): Answer {
  const { status, error, message, retryAfterSeconds } = mapError(thrown);
  const body = { title: STATUS_CODES[status] ?? 'Error', status, error, message, requestId };
  return {
    status,
    headers: {
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      ...(retryAfterSeconds !== undefined && { 'Retry-After': retryAfterSeconds }),
      ...(thrown instanceof HttpError && thrown.headers),
    },
    body: JSON.stringify(body),
  };
}
