/** Why a part cannot be accepted: the reason's name for the answer, and words for the administrator. */
import { DicomError } from '@sandyq/dicom';
import { type FailureReasonName, failureReasonOfDicomError } from '@sandyq/dicomweb';
import { PixelDataError } from '@sandyq/pixel-data';
import { isStorageError } from '@sandyq/storage';

export interface Fault {
  readonly reason: FailureReasonName;
  /** What is wrong and where; never a value of the data set. */
  readonly message: string;
}

/** Refuses a part for a reason that is not in its bytes alone. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.message);
    this.fault = fault;
  }
}

/** The fault behind an error of the readers; undefined for errors that are none of the sender's. */
export function faultOf(error: unknown): Fault | undefined {
  if (error instanceof RefusedError) return error.fault;
  if (error instanceof DicomError)
    return { reason: failureReasonOfDicomError(error.code), message: error.message };
  // A receipt that cannot be written: UIDs or facts that no segment could hold.
  if (isStorageError(error, 'invalid-argument'))
    return { reason: 'cannot-understand', message: error.message };
  if (!(error instanceof PixelDataError)) return undefined;
  switch (error.code) {
    case 'pixel-data-too-short':
      return { reason: 'pixel-data-too-short', message: error.message };
    case 'too-few-fragments':
    case 'frames-not-separable':
      return { reason: 'frames-unclear', message: error.message };
    case 'no-such-frame':
    case 'wrong-range-length':
      return undefined;
    default:
      return error.code satisfies never;
  }
}
