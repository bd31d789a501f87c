/** Why a step of disposition was refused. */

/**
 * - `not-found`: no such schedule, hold, plan, rejection or study;
 * - `conflict`: it is not in the state that the step needs, or something has changed since;
 * - `same-person`: the step needs a second principal;
 * - `bad-input`: what was given cannot be used.
 */
export type DispositionErrorCode = 'not-found' | 'conflict' | 'same-person' | 'bad-input';

export class DispositionError extends Error {
  override readonly name = 'DispositionError';
  readonly code: DispositionErrorCode;

  constructor(code: DispositionErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export function isDispositionError(error: unknown): error is DispositionError {
  return error instanceof DispositionError;
}
