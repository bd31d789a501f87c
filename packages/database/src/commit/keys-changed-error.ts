import { DatabaseError } from '../errors.ts';

/**
 * Thrown inside the commit when another process created the same study or series first: read the keys again. One that
 * outlives its repeats says that rows of the index are missing, which reconcile makes again: try again later.
 */
export class KeysChangedError extends DatabaseError {
  constructor() {
    super('contention', 'a study or series of this batch was created by another process meanwhile');
  }
}
