/** The way back: what a rejection hid is shown again, until its purge has begun. */
import { DatabaseError, type Rejection, restoreRejection } from '@sandyq/database';
import { assertIndexCaughtUp, exportDecision, settleFounders } from '@sandyq/indexing';
import type { Actor } from '../actor.ts';
import { DispositionError } from '../errors.ts';
import { readText } from '../holds/hold-request.ts';
import { demandRejection } from './reject-by-hand.ts';
import type { RejectionPorts } from './rejection-ports.ts';
import { inContendedTransaction } from './repeat-contended.ts';

/** As a person asks for it. */
export interface RestoreRequest {
  readonly rejectionId: string;
  /** Why. */
  readonly reason: string;
}

/**
 * Shows everything of the rejection again. Throws DispositionError('not-found' | 'conflict' | 'bad-input'), and
 * JournalError where the index is behind, or the store does not have it yet.
 */
export async function restoreByHand(
  ports: RejectionPorts,
  request: RestoreRequest,
  { principalId }: Actor,
): Promise<Rejection> {
  const { rejectionId } = request;
  const reason = readText('reason', request.reason);
  await assertIndexCaughtUp(ports);
  await demandRejection(ports, rejectionId);
  const restoration = { rejectionId, reason, restoredBy: principalId, now: ports.now() };
  const instances = await inContendedTransaction(ports.database, (client) =>
    restoreRejection(client, restoration).catch(refuse),
  );
  await exportDecision(ports);
  ports.logger.info('rejection-restored', { rejectionId, instances });
  await settleFounders(ports);
  return demandRejection(ports, rejectionId);
}

function refuse(error: unknown): never {
  if (!(error instanceof DatabaseError) || error.code !== 'conflict') throw error;
  throw new DispositionError('conflict', 'It was restored before, or is being purged.', { cause: error });
}
