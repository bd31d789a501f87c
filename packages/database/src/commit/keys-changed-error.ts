/** Thrown inside the commit when another process created the same study or series first: read the keys again. */
export class KeysChangedError extends Error {
  override readonly name = 'KeysChangedError';

  constructor() {
    super('a study or series of this batch was created by another process meanwhile');
  }
}
