// The one place where the operating system's error codes become ours.
import { StorageError, type StorageErrorCode } from '../errors.ts';

const codeOfErrno: Readonly<Record<string, StorageErrorCode>> = {
  ENOENT: 'not-found',
  ENOTDIR: 'not-found',
  EEXIST: 'exists',
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  EROFS: 'read-only',
  EMFILE: 'too-many-open-files',
  ENFILE: 'too-many-open-files',
  EACCES: 'access-denied',
  EPERM: 'access-denied',
  EXDEV: 'different-file-system',
  ENAMETOOLONG: 'invalid-key',
};

/** The `StorageError` for what node:fs threw; an errno without a code of its own is `io-error`. */
export function fileSystemError(operation: string, path: string, error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const errno = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const code = Object.hasOwn(codeOfErrno, errno) ? codeOfErrno[errno] : undefined;
  return new StorageError(code ?? 'io-error', `${operation} ${path}: ${errno}`, { cause: error });
}
