/** Errors that say nothing about what was sent: its sender is told to come again, and nothing is refused or put away. */
import { AuditError } from '@sandyq/audit';
import { DatabaseError, KeysChangedError } from '@sandyq/database';
import { DicomwebError, type FailureReasonName } from '@sandyq/dicomweb';
import { ComparisonError, JournalError } from '@sandyq/indexing';
import { isStorageError } from '@sandyq/storage';
import { QuarantineFullError } from './quarantine.ts';

/** SQLSTATE (PostgreSQL, Appendix A). */
const UNIQUE_VIOLATION = '23505';

const OWN = [AuditError, ComparisonError, JournalError] as const;

/**
 * Whether store, spool or database failed: away, full, read-only, out of handles, an I/O error, a wrong clock; or there
 * was no time to compare pixel values; or what was decided is not on record yet. Faults of this program
 * are not meant: they are answered as what they are.
 */
export function isTroubleOfOurs(error: unknown): boolean {
  if (OWN.some((kind) => error instanceof kind)) return true;
  if (isStorageError(error)) return error.code !== 'invalid-argument';
  if (!(error instanceof DatabaseError)) return false;
  return error.retryable || lacksRows(error);
}

/** Half of the rows of an instance, or those above it, are gone from the index: reconcile makes them again. */
function lacksRows(error: DatabaseError): boolean {
  return error instanceof KeysChangedError || error.sqlState === UNIQUE_VIOLATION;
}

/** Why a part was not kept at all, where its neighbours are not concerned. */
export function reasonOfLoss(error: unknown): FailureReasonName | undefined {
  if (error instanceof QuarantineFullError) return 'quarantine-full';
  // A torn part: its sender has the bytes, and sends them again.
  if (error instanceof DicomwebError && error.code === 'multipart-truncated') return 'truncated';
  return isTroubleOfOurs(error) ? 'storage-unavailable' : undefined;
}
