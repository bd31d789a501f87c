/** Errors of this package: decisions on quarantine that cannot be carried out. Messages say what can be done instead. */

export type QuarantineErrorCode =
  | 'not-found' // no entry of this number
  | 'decided' // somebody has decided already
  | 'use-replace' // accepting is not enough: another instance holds the SOP Instance UID
  | 'nothing-to-replace' // no other instance holds its SOP Instance UID
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
