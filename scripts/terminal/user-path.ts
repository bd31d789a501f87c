/** Paths as the person at the terminal means them: npm runs commands in the repository's root, wherever it was called. */
import path from 'node:path';

/** A file or folder cannot be used; the message is for whoever named it. */
export class UserFileError extends Error {
  override readonly name = 'UserFileError';
}

/** Absolute path of what was typed. Throws UserFileError for nothing, which a variable without a value leaves. */
export function userPath(typed: string, environment: NodeJS.ProcessEnv = process.env): string {
  if (typed === '') throw new UserFileError('The path is empty: name a file or a folder.');
  const isRunByNpm = environment['npm_lifecycle_event'] !== undefined;
  const calledIn = isRunByNpm ? environment['INIT_CWD'] : undefined;
  return path.resolve(calledIn ?? process.cwd(), typed);
}
