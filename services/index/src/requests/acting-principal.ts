/** Who a request acts for when its turn comes. */
import { SINGLE_USER } from '@sandyq/auth';
import type { BackgroundRequest } from '@sandyq/database';
import type { Actor } from '@sandyq/disposition';
import { type Archive, assertStillOperator, OperatorError } from '@sandyq/service';

/** Whoever asked. Throws OperatorError unless they may manage retention still: a key may have been revoked meanwhile. */
export async function actorOfRequest(
  { database, settings }: Pick<Archive, 'database' | 'settings'>,
  { requestedBy: principalId }: Pick<BackgroundRequest, 'requestedBy'>,
): Promise<Actor> {
  if (principalId !== SINGLE_USER.id) {
    await assertStillOperator(database, principalId);
    return { principalId, isOperator: true };
  }
  if (settings.authMode === 'single-user') return { principalId, isOperator: false };
  throw new OperatorError('It was asked for in single-user mode, which is over.');
}
