/** What ends a rebuild of the index. */

/** It cannot begin: the message is for the person at the terminal. */
export class RebuildError extends Error {
  override readonly name = 'RebuildError';
}
