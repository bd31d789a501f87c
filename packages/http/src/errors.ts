/** Errors of this package and of the request itself: each carries a status by its code, see error-mapping.ts. */

/** Codes of {@link HttpError}; their statuses stand in error-mapping.ts. */
export type HttpErrorCode =
  | 'bad-request'
  | 'unauthenticated'
  | 'forbidden'
  | 'cross-site'
  | 'foreign-host'
  | 'not-found'
  | 'method-not-allowed'
  | 'not-acceptable'
  | 'sender-stalled'
  | 'conflict'
  | 'gone'
  | 'precondition-failed'
  | 'uri-too-long'
  | 'expectation-failed'
  | 'too-large'
  | 'unsupported-media-type'
  | 'range-not-satisfiable'
  | 'overloaded'
  | 'stopping'
  | 'internal';

/** What an error adds to its answer. */
export interface HttpErrorOptions {
  /** Headers of the answer, e.g. `Allow` of a 405. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Seconds after which the client may try again: `Retry-After`. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** An answer that is no success. The message goes to the client: it says what to do and holds no value of a data set. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: HttpErrorCode;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: HttpErrorCode, message: string, options: HttpErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.headers = options.headers ?? {};
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** What can keep a service from starting. */
export type StartErrorCode = 'port-taken' | 'port-forbidden' | 'address-unavailable' | 'invalid-route';

/** A service can't start; the message names the setting to change. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly code: StartErrorCode;

  constructor(code: StartErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
