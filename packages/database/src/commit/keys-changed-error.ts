import { DatabaseError } from '../errors.ts';

/**
 * Thrown inside the commit when another process created the same study or series first: read the keys again. Where
 * that does not help, rows of the index were lost.
 */
export class KeysChangedError extends DatabaseError {
  constructor() {
    super('conflict', 'rows of a study, series or instance of this batch are not those they were known by');
  }
}
