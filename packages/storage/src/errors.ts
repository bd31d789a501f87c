// The one error type of this package and the one table of its codes. It knows nothing of HTTP: the services map codes to answers.

/**
 * Every way storage can fail: whether the same call may succeed later without anyone changing anything
 * (`retryable`), and what the code means. A test visits each.
 */
export const storageErrorCodes = {
  'not-found': { retryable: false, meaning: 'no object or file of this name' },
  exists: { retryable: false, meaning: 'the name is taken; nothing was overwritten' },
  'invalid-key': { retryable: false, meaning: 'the key is not of the form that every store can hold' },
  'invalid-argument': { retryable: false, meaning: 'the call itself is wrong: a range, a size, a limit' },
  'not-sealed': { retryable: false, meaning: 'the spool file is not of the stated size or not on disk yet' },
  'short-read': { retryable: false, meaning: 'the object ends before the wanted range does' },
  damaged: { retryable: false, meaning: 'stored bytes are not the bytes that were acknowledged' },
  'unsupported-format': { retryable: false, meaning: 'a format version that this program does not know' },
  nearline: {
    retryable: false,
    meaning: 'the object has to be brought back from the cold tier before it can be read',
  },
  unavailable: { retryable: true, meaning: 'the store did not answer, or answered that it cannot now' },
  busy: { retryable: true, meaning: 'a bound of ours is reached: too many calls wait already' },
  'no-space': { retryable: true, meaning: 'the disk or the quota is full' },
  'too-many-open-files': { retryable: true, meaning: 'the process or the system has no file handle left' },
  'read-only': { retryable: false, meaning: 'the file system is mounted read-only' },
  'access-denied': { retryable: false, meaning: 'no permission' },
  locked: { retryable: false, meaning: 'a legal hold or its retention keeps the object in the store' },
  'sync-failed': { retryable: false, meaning: 'fsync failed: what was written may be lost, write it anew' },
  'different-file-system': { retryable: false, meaning: 'spool and store do not share a file system' },
  'io-error': { retryable: false, meaning: 'the device or the file system failed' },
  'bad-answer': { retryable: false, meaning: 'the store answered against its own protocol' },
  aborted: { retryable: false, meaning: 'the caller gave the call up' },
} as const satisfies Record<string, { retryable: boolean; meaning: string }>;

/** Code of a {@link StorageError}. */
export type StorageErrorCode = keyof typeof storageErrorCodes;

/**
 * What every function of this package throws when storage fails. `message` says what, where and what to do, and
 * carries keys and paths but never content. The foreign error, if there was one, is `cause`.
 */
export class StorageError extends Error {
  readonly code: StorageErrorCode;
  /** Whether the same call may succeed later; whether it may be *repeated* is for the caller to know. */
  readonly retryable: boolean;

  constructor(code: StorageErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'StorageError';
    this.code = code;
    this.retryable = storageErrorCodes[code].retryable;
  }
}

/** Whether `error` is a {@link StorageError}, of this code if one is given. */
export function isStorageError(error: unknown, code?: StorageErrorCode): error is StorageError {
  return error instanceof StorageError && (code === undefined || error.code === code);
}
