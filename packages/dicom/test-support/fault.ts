/** The DicomError an action throws; any other outcome is an error of the test. */
import { DicomError } from '../src/errors.ts';

/** Runs the action and returns what it throws. */
export function faultOf(action: () => unknown): DicomError {
  try {
    action();
  } catch (error) {
    if (error instanceof DicomError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
