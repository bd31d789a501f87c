/** The operator behind an API key, whatever the archive's mode: what needs two people needs two keys. */
import { type AuthenticationFailure, authenticateByKey, decide, type Principal } from '@sandyq/auth';
import type { Database } from '@sandyq/database';
import { apiKeySource } from './api-key-source.ts';

/** The key is none that holds, or one that may not manage retention everywhere. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
}

const FAILURES: Readonly<Record<AuthenticationFailure, string>> = {
  'no-credential': "It needs an operator's API key.",
  'malformed-credential':
    'That is no API key: it must be one line, sandyq_…_…, as "npm run admin -- api-key create" printed it.',
  'unknown-key': 'This archive has no such API key: "npm run admin -- api-key list" shows those that it has.',
  'wrong-secret': 'The API key is not complete, or has been changed.',
  'revoked-key': 'The API key was revoked: make another with "npm run admin -- api-key create".',
};

/**
 * Verifies a credential (`Bearer KEY`) and that it may manage retention in every facility. Throws OperatorError; never
 * repeats the key.
 */
export async function operatorOf(database: Database, authorization: string | undefined): Promise<Principal> {
  const found = await authenticateByKey(apiKeySource(database))(authorization);
  if (found.principal === undefined) throw new OperatorError(FAILURES[found.failure]);
  assertOperator(found.principal);
  return found.principal;
}

/**
 * For what an operator has asked for earlier. Throws OperatorError unless the API key of this id still holds and may manage
 * retention in every facility.
 */
export async function assertStillOperator(database: Database, apiKeyId: string): Promise<void> {
  const found = await apiKeySource(database).findApiKey(apiKeyId);
  if (found === undefined || found.revoked)
    throw new OperatorError('The API key of the operator who asked for it does not hold any more.');
  assertOperator(found.principal);
}

function assertOperator(principal: Principal): void {
  const decision = decide(principal, 'manage-retention');
  if (!decision.allowed) throw new OperatorError("The operator's API key may not manage retention.");
  if (decision.confinedTo !== undefined)
    throw new OperatorError(
      "The operator's API key is confined to a facility; retention is decided for all.",
    );
}
