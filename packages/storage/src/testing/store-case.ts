// The form of a case of the object store suite, and what a case is given.
import type { ObjectStore, SealedFile } from '../object-store.ts';

/** What a case is given: a store in which nothing lies below `prefix`, and a spool. */
export interface StoreHarness {
  readonly store: ObjectStore;
  /** Two segments ending in `/`, fresh for each case. */
  readonly prefix: string;
  /** Writes a spool file that the store can take, fsynced. */
  readonly spool: (bytes: Uint8Array) => Promise<SealedFile>;
}

/** One thing that holds of every store. */
export interface StoreCase {
  readonly name: string;
  /** Rejects if it does not hold. */
  readonly run: (harness: StoreHarness) => Promise<void>;
}
