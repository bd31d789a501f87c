/**
 * The one table from errors to HTTP statuses. Domain errors know no HTTP; they are recognised by class name and code, never by
 * message. What is not in the table is 500 and says nothing of itself.
 */

import type { AuditErrorCode } from '@sandyq/audit';
import type { DatabaseErrorCode } from '@sandyq/database';
import type { DicomwebErrorCode } from '@sandyq/dicomweb';
import type { StorageErrorCode } from '@sandyq/storage';
import type { HttpErrorCode } from './errors.ts';

/** How an error is answered. */
export interface ErrorAnswer {
  readonly status: number;
  /** The client's copy of the code. */
  readonly error: string;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

interface Rule {
  readonly status: number;
  /** What the client reads; `own`: the message of the error, which is written for the client. */
  readonly message: string;
  readonly retryAfterSeconds?: number;
  /** What the client gets as code, if not the error's own. */
  readonly error?: string;
}

const OWN = 'own';
const own = (status: number): Rule => ({ status, message: OWN });
const later = (retryAfterSeconds: number): Rule => ({
  status: 503,
  message: 'The archive can not answer now. Try again later.',
  error: 'unavailable',
  retryAfterSeconds,
});
const DAMAGED: Rule = {
  status: 500,
  message: 'What is stored is damaged and was not sent. The archive has taken note of it.',
  error: 'damaged',
};

const INTERNAL = {
  status: 500,
  error: 'internal',
  message: 'The archive failed to answer. The log has the details under the request id.',
} as const;

const STORAGE: Readonly<Record<StorageErrorCode, Rule>> = {
  damaged: DAMAGED,
  'short-read': DAMAGED,
  nearline: {
    status: 503,
    message: 'This lies in the cold tier and is being brought back. Try again later.',
    error: 'nearline',
    retryAfterSeconds: 60,
  },
  unavailable: later(10),
  busy: later(2),
  'no-space': later(60),
  'too-many-open-files': later(5),
  'read-only': later(60),
  'sync-failed': later(10),
  aborted: later(2),
  // The disk, the mount, the keys of the store or the clock: somebody of ours has to see to it, and the request was right.
  'io-error': later(60),
  'access-denied': later(60),
  locked: later(60),
  'bad-answer': later(60),
  'different-file-system': later(60),
  // An object that the index knows and the store has not: a fault of ours, never "no such study".
  'not-found': INTERNAL,
  exists: INTERNAL,
  'invalid-key': INTERNAL,
  'invalid-argument': INTERNAL,
  'not-sealed': INTERNAL,
  'unsupported-format': INTERNAL,
};

const DATABASE: Readonly<Record<DatabaseErrorCode, Rule>> = {
  unavailable: later(5),
  'commit-unknown': later(2),
  contention: later(1),
  conflict: { status: 409, message: 'This contradicts what is already there.' },
  'not-found': { status: 404, message: 'There is nothing of this name.' },
  data: INTERNAL,
  schema: INTERNAL,
  statement: INTERNAL,
};

const AUDIT: Readonly<Record<AuditErrorCode, Rule>> = {
  'audit-unavailable': later(5),
  'audit-overloaded': later(2),
  'audit-closed': later(2),
};

const DICOMWEB: Readonly<Record<DicomwebErrorCode, Rule>> = {
  'bad-request': own(400),
  'bad-content-type': own(415),
  'not-acceptable': own(406),
  'multipart-malformed': own(400),
  'multipart-truncated': own(400),
  'multipart-limit': own(413),
  'part-headers': own(400),
  'body-interrupted': own(400),
  'range-not-satisfiable': own(416),
};

/** The rest of its codes are faults of what is stored, met while reading: internal. */
const PIXEL_DATA: Readonly<Record<string, Rule>> = {
  'no-such-frame': { status: 404, message: 'The instance has no such frame.', error: 'not-found' },
};

/** Retrieval says which faults a client can do something about; these are nobody's choice. */
const CODEC: Readonly<Record<string, Rule>> = {
  timeout: { status: 500, message: 'A codec did not finish in time and was ended.', error: 'codec-timeout' },
  'worker-crashed': { status: 500, message: 'A codec failed and was ended.', error: 'codec-crashed' },
};

const HTTP: Readonly<Record<HttpErrorCode, Rule>> = {
  'bad-request': own(400),
  unauthenticated: own(401),
  forbidden: own(403),
  'cross-site': own(403),
  'not-found': own(404),
  'method-not-allowed': own(405),
  'not-acceptable': own(406),
  'sender-stalled': own(408),
  conflict: own(409),
  gone: own(410),
  'precondition-failed': own(412),
  'too-large': own(413),
  'uri-too-long': own(414),
  'unsupported-media-type': own(415),
  'range-not-satisfiable': own(416),
  'expectation-failed': own(417),
  'foreign-host': own(421),
  overloaded: { status: 503, message: OWN, retryAfterSeconds: 5 },
  stopping: { status: 503, message: OWN, retryAfterSeconds: 2 },
  internal: INTERNAL,
};

/** Class name → code → rule. */
export const errorTable: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  HttpError: HTTP,
  DicomwebError: DICOMWEB,
  StorageError: STORAGE,
  PixelDataError: PIXEL_DATA,
  CodecError: CODEC,
  DatabaseError: DATABASE,
  AuditError: AUDIT,
};

/** The answer to whatever was thrown. */
export function mapError(thrown: unknown): ErrorAnswer {
  if (!(thrown instanceof Error)) return INTERNAL;
  const code: unknown = Reflect.get(thrown, 'code');
  const rule = typeof code === 'string' ? ruleOf(thrown.name, code) : undefined;
  if (rule === undefined || typeof code !== 'string') return INTERNAL;
  const retry: unknown = Reflect.get(thrown, 'retryAfterSeconds');
  const retryAfterSeconds = typeof retry === 'number' ? retry : rule.retryAfterSeconds;
  return {
    status: rule.status,
    error: rule.error ?? code,
    message: rule.message === OWN ? thrown.message : rule.message,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
}

function ruleOf(name: string, code: string): Rule | undefined {
  const rules = Object.hasOwn(errorTable, name) ? errorTable[name] : undefined;
  return rules !== undefined && Object.hasOwn(rules, code) ? rules[code] : undefined;
}
