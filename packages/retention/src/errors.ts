/** Errors of this package. What a schedule does not decide is not one of them: that is a finding (`evaluate.ts`). */

/** What can be wrong: a schedule that breaks its schema, or a date or period that is none. */
export type RetentionErrorCode = 'invalid-schedule' | 'invalid-condition' | 'invalid-date' | 'invalid-period';

/** An error of this package; the message says what is wrong and where. */
export class RetentionError extends Error {
  override readonly name = 'RetentionError';
  readonly code: RetentionErrorCode;

  constructor(code: RetentionErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Whether it is an error of this package. */
export function isRetentionError(error: unknown): error is RetentionError {
  return error instanceof RetentionError;
}
