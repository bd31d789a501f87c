/** The operator behind an API key, whatever the archive's mode: what needs two people needs two keys. */
import { authenticateByKey, decide, type Principal } from '@sandyq/auth';
import type { Database } from '@sandyq/database';
import { apiKeySource } from './api-key-source.ts';

/** The key is none that holds, or one that may not manage retention everywhere. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
}

/**
 * Verifies a credential (`Bearer KEY`) and that it may manage retention in every facility. Throws OperatorError; never
 * repeats the key.
 */
export async function operatorOf(database: Database, authorization: string | undefined): Promise<Principal> {
  const found = await authenticateByKey(apiKeySource(database))(authorization);
  if (found.principal === undefined) throw new OperatorError(`The operator's API key: ${found.failure}.`);
  const decision = decide(found.principal, 'manage-retention');
  if (!decision.allowed) throw new OperatorError("The operator's API key may not manage retention.");
  if (decision.confinedTo !== undefined)
    throw new OperatorError(
      "The operator's API key is confined to a facility; retention is decided for all.",
    );
  return found.principal;
}
