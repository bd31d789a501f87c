/** Who decides on retention at the command line: an operator by their API key, or whoever is logged in. */
import { type Actor, assertOperator } from '@sandyq/disposition';
import { OperatorError, operatorOf } from '@sandyq/service';
import { type Administration, administer, type ExitCode, type Terminal } from '../admin/administration.ts';
import { readUserText } from '../terminal/user-file.ts';

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

/** Opens the archive, verifies the operator's key if there is one, and works. Throws OperatorError and UserFileError. */
export async function act(
  environment: NodeJS.ProcessEnv,
  { terminal, keyFile }: { terminal: Terminal; keyFile: string | undefined },
  work: ActingWork,
): Promise<ExitCode> {
  const key = await keyOf(environment, keyFile);
  return administer(environment, terminal, async (administration) => {
    const { archive, decidedBy } = administration;
    if (key === undefined)
      return work({ ...administration, actor: { principalId: decidedBy, isOperator: false } });
    const id = await operatorId(archive, key);
    return work({ ...administration, decidedBy: id, actor: { principalId: id, isOperator: true } });
  });
}

/** A key, and where it was found. */
interface FoundKey {
  readonly key: string;
  readonly from: string;
}

/** Who names a file means the key in it: one that is empty does not make them the user of the terminal. */
async function keyOf(
  environment: NodeJS.ProcessEnv,
  keyFile: string | undefined,
): Promise<FoundKey | undefined> {
  if (keyFile !== undefined)
    return { key: (await readUserText(keyFile)).trim(), from: `The key file ${keyFile}` };
  const key = environment[KEY_VARIABLE]?.trim();
  return key === undefined || key === '' ? undefined : { key, from: KEY_VARIABLE };
}

async function operatorId({ database }: Acting['archive'], { key, from }: FoundKey): Promise<string> {
  try {
    return (await operatorOf(database, `Bearer ${key}`)).id;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    throw new OperatorError(`${from} cannot be used. ${error.message}`, { cause: error });
  }
}

/**
 * Throws DispositionError('same-person') for whoever begins without a key what another person has to end, where people have
 * keys: under the name of a terminal one person could do both.
 */
export function assertNamed({ archive, actor }: Pick<Acting, 'archive' | 'actor'>, what: string): void {
  if (archive.settings.authMode !== 'single-user') assertOperator(actor, what);
}
