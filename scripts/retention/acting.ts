/** Who decides on retention at the command line: an operator by their API key, or whoever is logged in. */
import { readFile } from 'node:fs/promises';
import { type Actor, assertOperator } from '@sandyq/disposition';
import { operatorOf } from '@sandyq/service';
import { type Administration, administer, type ExitCode, type Terminal } from '../admin/administration.ts';
import { userPath } from '../terminal/user-path.ts';

/** What a command of retention works with; `decidedBy` is the actor's principal. */
export interface Acting extends Administration {
  readonly actor: Actor;
}

/** A command's work; what it returns is the exit code. */
export type ActingWork = (acting: Acting) => Promise<ExitCode>;

/** Runs a command's work on the archive that the environment names, in the name of who calls it. */
export type RunActing = (work: ActingWork) => Promise<void>;

/** Environment variable with an operator's key; `--key-file` comes first. */
const KEY_VARIABLE = 'SANDYQ_OPERATOR_KEY';

/** Opens the archive, verifies the operator's key if there is one, and works. Throws OperatorError. */
export async function act(
  environment: NodeJS.ProcessEnv,
  { terminal, keyFile }: { terminal: Terminal; keyFile: string | undefined },
  work: ActingWork,
): Promise<ExitCode> {
  const key = keyFile === undefined ? environment[KEY_VARIABLE] : await readFile(userPath(keyFile), 'utf8');
  return administer(environment, terminal, async (administration) => {
    const { archive, decidedBy } = administration;
    if (key === undefined || key.trim() === '')
      return work({ ...administration, actor: { principalId: decidedBy, isOperator: false } });
    const { id } = await operatorOf(archive.database, `Bearer ${key.trim()}`);
    return work({ ...administration, decidedBy: id, actor: { principalId: id, isOperator: true } });
  });
}

/**
 * Throws DispositionError('same-person') for whoever begins without a key what another person has to end, where people have
 * keys: under the name of a terminal one person could do both.
 */
export function assertNamed({ archive, actor }: Pick<Acting, 'archive' | 'actor'>, what: string): void {
  if (archive.settings.authMode !== 'single-user') assertOperator(actor, what);
}
