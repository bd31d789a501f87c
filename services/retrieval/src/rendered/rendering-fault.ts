/** Faults of rendering as answers: what can't be shown is 406 with the reason (PS3.18 §10.4.3.1). */
import { DicomwebError } from '@sandyq/dicomweb';
import { isRefusal, reasonOf, requestError } from '../transcoding/codec-fault.ts';

/** What to throw for an error that was met while a picture was made. */
export function renderingFault(error: unknown): unknown {
  if (!isRefusal(error)) return requestError(error);
  const message = `There is no picture of this: ${reasonOf(error)}; accept application/dicom with transfer-syntax=*`;
  return new DicomwebError('not-acceptable', message, { cause: error });
}

/** The outcome, its faults as answers. */
export async function orRenderingFault<Result>(made: Promise<Result>): Promise<Result> {
  try {
    return await made;
  } catch (error) {
    throw renderingFault(error);
  }
}
