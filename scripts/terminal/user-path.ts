/** Paths as the person at the terminal means them: npm runs commands in the repository's root, wherever it was called. */
import path from 'node:path';

/** Absolute path of what was typed. */
export function userPath(typed: string, environment: NodeJS.ProcessEnv = process.env): string {
  const isRunByNpm = environment['npm_lifecycle_event'] !== undefined;
  const calledIn = isRunByNpm ? environment['INIT_CWD'] : undefined;
  return path.resolve(calledIn ?? process.cwd(), typed);
}
