/** Places and releases holds: reported when the journal of the store has it. */
import { type HoldRecord, holdById, placeHold, releaseHold } from '@sandyq/database';
import { exportDecision, type JournalPorts } from '@sandyq/indexing';
import { type Actor, assertOperator } from '../actor.ts';
import { DispositionError } from '../errors.ts';
import { type HoldRequest, readHoldRequest, readText } from './hold-request.ts';

/** What deciding on holds works with. */
export interface HoldPorts extends JournalPorts {
  readonly now: () => Date;
  /** UUIDs. */
  readonly newId: () => string;
}

/**
 * Places a hold: from then on nothing that it binds is rejected by a plan or purged. Whoever may manage retention may
 * do it alone. Throws DispositionError('bad-input'), and JournalError where the store does not have it yet.
 */
export async function placeLegalHold(
  ports: HoldPorts,
  request: HoldRequest,
  { principalId }: Actor,
): Promise<HoldRecord> {
  const hold = readHoldRequest(request, ports);
  const placed = await ports.database.inTransaction((client) => placeHold(client, hold, principalId));
  await exportDecision(ports);
  ports.logger.info('legal-hold-placed', { legalHoldId: hold.legalHoldId, kind: hold.scope.kind });
  return placed;
}

/** A release, as a person asks for it. */
export interface HoldRelease {
  readonly legalHoldId: string;
  readonly reason: string;
}

/**
 * Releases a hold: an operator with an API key, who has not placed it. Throws DispositionError, and JournalError where the
 * store does not have it yet.
 */
export async function releaseLegalHold(
  ports: HoldPorts,
  release: HoldRelease,
  actor: Actor,
): Promise<HoldRecord> {
  const { legalHoldId } = release;
  const reason = readText('reason', release.reason);
  await assertReleasable(ports, legalHoldId, actor);
  const released = await ports.database.inTransaction((client) =>
    releaseHold(client, { legalHoldId, reason }, actor.principalId),
  );
  await exportDecision(ports);
  ports.logger.info('legal-hold-released', { legalHoldId });
  return released;
}

/** The hold, if this person may release it now. Throws DispositionError. */
export async function assertReleasable(
  { database }: Pick<HoldPorts, 'database'>,
  legalHoldId: string,
  actor: Actor,
): Promise<HoldRecord> {
  const hold = await holdById(database, legalHoldId);
  if (hold.releasedAt !== undefined)
    throw new DispositionError('conflict', `Hold ${legalHoldId} is released already.`);
  assertOperator(actor, 'Releasing a hold');
  if (hold.placedBy === actor.principalId)
    throw new DispositionError(
      'same-person',
      `Hold ${legalHoldId} was placed by the same person: another one must release it.`,
    );
  return hold;
}
