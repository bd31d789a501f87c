/** What ends an import, or a request of it. */

/** The import cannot go on: the message is for the person at the terminal. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
}

/** The request failed in a way that may pass: the archive is overloaded or away, the connection broke. */
export class TryLaterError extends Error {
  override readonly name = 'TryLaterError';
  /** As the archive asked (`Retry-After`); undefined where it did not. */
  readonly afterMs: number | undefined;

  constructor(
    message: string,
    options: { readonly afterMs?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.afterMs = options.afterMs;
  }
}

/** A file that cannot be read as it was found: changed, cut, gone. */
export class UnreadableFileError extends Error {
  override readonly name = 'UnreadableFileError';
  /** Path as it was opened. */
  readonly path: string;

  constructor(path: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.path = path;
  }
}
