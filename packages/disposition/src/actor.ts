/** Who acts: every decision names its principal, and some need one who is more than the user of a terminal. */
import { DispositionError } from './errors.ts';

/** The principal behind a command or a request. */
export interface Actor {
  /** Id of an operator's API key, `single-user`, or `command-line:USER`. */
  readonly principalId: string;
  /** Its API key was verified, and may manage retention everywhere. */
  readonly isOperator: boolean;
}

/** Throws DispositionError('same-person') unless it is an operator with an API key. `what`: a sentence's subject. */
export function assertOperator({ isOperator }: Actor, what: string): void {
  if (isOperator) return;
  throw new DispositionError(
    'same-person',
    `${what} needs an operator with an API key of their own (--key-file, SANDYQ_OPERATOR_KEY, or Authorization).`,
  );
}
