// How a caller's AbortSignal becomes a StorageError.
import { StorageError } from './errors.ts';

/** Throws `aborted` if the caller has given up already. `what` names the call. */
export function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted === true) throw abortedError(signal, what);
}

/** The `aborted` error for a signal that has fired. */
export function abortedError(signal: AbortSignal, what: string): StorageError {
  return new StorageError('aborted', `${what}: given up by the caller`, { cause: signal.reason });
}
