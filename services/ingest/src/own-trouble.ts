/** Errors that say nothing about what was sent: its sender is told to come again, and nothing is refused or put away. */
import { DatabaseError } from '@sandyq/database';
import { ComparisonError } from '@sandyq/indexing';
import { isStorageError } from '@sandyq/storage';

/**
 * Whether store, spool or database failed: away, full, read-only, out of handles, an I/O error, a wrong clock; or there
 * was no time to compare pixel values. Faults of this program are not meant: they are answered as what they are.
 */
export function isTroubleOfOurs(error: unknown): boolean {
  if (error instanceof ComparisonError) return true;
  if (isStorageError(error)) return error.code !== 'invalid-argument';
  return error instanceof DatabaseError && error.retryable;
}
