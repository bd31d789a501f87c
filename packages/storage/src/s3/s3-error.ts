// The one place where an S3 server's answers and a network's failures become our errors: by status and code, never
// by message.
import { abortedError } from '../abort.ts';
import { StorageError, type StorageErrorCode } from '../errors.ts';

/** What is known of one request when it failed. */
export interface RequestFacts {
  /** What the caller was doing, for the message. */
  readonly what: string;
  /** HTTP status of the answer, if one came. */
  readonly status: number | undefined;
  readonly signal: AbortSignal | undefined;
}

const codeOfStatus: Readonly<Record<number, StorageErrorCode>> = {
  401: 'access-denied',
  403: 'access-denied',
  404: 'not-found',
  408: 'unavailable',
  409: 'exists',
  412: 'exists',
  416: 'short-read',
  429: 'unavailable',
  499: 'unavailable',
  507: 'no-space',
};

/** S3 error codes that say more than their status does. */
const codeOfS3Code: Readonly<Record<string, StorageErrorCode>> = {
  BadDigest: 'damaged',
  InvalidDigest: 'damaged',
  EntityTooLarge: 'invalid-argument',
  // Archived: it has to be restored before it can be read.
  InvalidObjectState: 'nearline',
  NoSuchBucket: 'unavailable',
  NoSuchUpload: 'unavailable',
  QuotaExceeded: 'no-space',
  RequestTimeout: 'unavailable',
  XAmzContentSHA256Mismatch: 'damaged',
};

/** The `StorageError` for what the client threw. */
export function s3Error(error: unknown, facts: RequestFacts): StorageError {
  if (error instanceof StorageError) return error;
  if (facts.signal?.aborted === true) return abortedError(facts.signal, facts.what);
  const reason = codeOf(error);
  const answer = facts.status === undefined ? reason : `HTTP ${facts.status} ${reason}`;
  return new StorageError(storageCode(facts.status, reason), `${facts.what}: ${answer}`, { cause: error });
}

function storageCode(status: number | undefined, reason: string): StorageErrorCode {
  if (status === undefined || status < 300) return isNetworkFailure(reason) ? 'unavailable' : 'bad-answer';
  const special = Object.hasOwn(codeOfS3Code, reason) ? codeOfS3Code[reason] : undefined;
  return special ?? codeOfStatus[status] ?? (status >= 500 ? 'unavailable' : 'bad-answer');
}

function codeOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error) return String(error.code);
  return error instanceof Error ? error.name : 'unknown';
}

/** Codes of node's sockets (`ECONNRESET`), resolver, TLS and HTTP parser (`HPE_…`), all upper case. */
function isNetworkFailure(reason: string): boolean {
  return /^[A-Z][A-Z0-9_]+$/.test(reason);
}
