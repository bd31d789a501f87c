/** Errors of this package. Each means: the decision is not on record, so what it allowed must not happen (503). */

/** `audit-unavailable`: it could not be written. `audit-overloaded`: too many wait already. `audit-closed`: the service is stopping. */
export type AuditErrorCode = 'audit-unavailable' | 'audit-overloaded' | 'audit-closed';

/** An error of this package. All of them may pass: the same request may succeed later. */
export class AuditError extends Error {
  override readonly name = 'AuditError';
  readonly code: AuditErrorCode;
  readonly retryable = true;

  constructor(code: AuditErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
