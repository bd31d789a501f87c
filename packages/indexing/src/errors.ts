/** Errors of this package. Messages say what can be done instead. */

export type QuarantineErrorCode =
  | 'not-found' // no entry of this number
  | 'decided' // somebody has decided already
  | 'use-replace' // accepting is not enough: another instance holds the SOP Instance UID
  | 'nothing-to-replace' // no other instance holds its SOP Instance UID
  | 'nothing-to-judge' // it was not refused for another instance with its SOP Instance UID
  | 'taken-away' // the instance of its SOP Instance UID was rejected or disposed of
  | 'still-refused' // the bytes cannot be indexed, now as before
  | 'not-kept' // the bytes were discarded
  | 'file-exists'; // the file to export to is there already

export class QuarantineError extends Error {
  override readonly name = 'QuarantineError';
  readonly code: QuarantineErrorCode;

  constructor(code: QuarantineErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What can be wrong with the journal. */
export type JournalErrorCode =
  | 'not-exported' // decided and recorded, but the store does not have it yet
  | 'behind' // the index does not know everything that the store holds: nothing may be decided on it
  | 'contested' // another database writes into this journal again and again
  | 'damaged'; // the chain of batches is broken, or a batch is not readable

export class JournalError extends Error {
  override readonly name = 'JournalError';
  readonly code: JournalErrorCode;

  constructor(code: JournalErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }
}

/** Why nothing came of a comparison; the same comparison again may tell. */
export type ComparisonErrorCode =
  | 'busy' // too many wait for their turn
  | 'timeout' // a codec or the whole took too long
  | 'closed'; // the process is about to end

/** There was no time to compare pixel values: no verdict is given, and the bytes stay where they are. */
export class ComparisonError extends Error {
  override readonly name = 'ComparisonError';
  readonly code: ComparisonErrorCode;

  constructor(code: ComparisonErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }
}
