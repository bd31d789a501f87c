// What a key is. Narrow on purpose: a key has to be a path on any file system (also one that ignores case), a name
// in any S3 store, and must never be read as a number by an XML parser. Keys never carry patient data.
import { StorageError } from './errors.ts';

/** Longest key, in bytes; with a store's own prefix it stays far below S3's 1024. */
export const maximumKeyLength = 512;

const segment = /^[0-9a-z_][0-9a-z_.-]{0,199}$/;
const prefixForm = /^(?:[0-9a-z_][0-9a-z_.-]{0,199}\/)*(?:[0-9a-z_][0-9a-z_.-]{0,199})?$/;

/**
 * Whether `text` is a key: at least two segments joined by `/`, each 1 to 200 of `0-9 a-z _ . -`, not beginning
 * with `.` or `-`; at most {@link maximumKeyLength} bytes in all.
 */
export function isKey(text: string): boolean {
  if (text.length > maximumKeyLength) return false;
  const segments = text.split('/');
  return segments.length >= 2 && segments.every((part) => segment.test(part));
}

/** Throws `invalid-key` unless `key` {@link isKey}. */
export function assertKey(key: string): void {
  if (isKey(key)) return;
  const shown = JSON.stringify(key.slice(0, 80));
  throw new StorageError(
    'invalid-key',
    `${shown} is no key: two or more segments of 0-9 a-z _ . - joined by "/", at most ${maximumKeyLength} bytes`,
  );
}

/** Throws `invalid-key` unless some key could begin with `prefix`; the empty prefix is every key's. */
export function assertPrefix(prefix: string): void {
  if (prefix.length <= maximumKeyLength && prefixForm.test(prefix)) return;
  throw new StorageError('invalid-key', `no key can begin with ${JSON.stringify(prefix.slice(0, 80))}`);
}
