/** What follows when a disposition has begun: bytes are deleted, seen gone, and the index forgets whose they were. */
import {
  countDispositionObjects,
  type Disposition,
  endDisposition,
  type LockPlace,
  listDispositionObjects,
  readDisposition,
  readSubject,
  whileCarryingOut,
} from '@sandyq/database';
import { exportDecision } from '@sandyq/indexing';
import { holdsOverStudy } from '../holds/holds-over-study.ts';
import { inContendedTransaction } from '../rejection/repeat-contended.ts';
import { deleteObjects, listAgain, type Obstacle } from './delete-objects.ts';
import type { PurgePorts } from './execution-ports.ts';
import { rewriteRemainder } from './rewrite-remainder.ts';

/** `ended`: everything is gone. `waiting`: something is in the way; it is taken up again. `elsewhere`: another process is at it. */
export type CarriedOut =
  | { readonly kind: 'ended' | 'elsewhere' }
  | { readonly kind: 'waiting'; readonly why: string };

/** How it is carried out. */
export interface CarryOutOptions {
  /** The line with which it began is durable: whoever begins several at once sees to that for all of them. */
  readonly isJournalled?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** What has to go first may show only when the rest is gone. */
const ROUNDS = 4;

/**
 * Carries a disposition out, from wherever it was left: after a crash at any point it comes to the same end. Nothing is
 * deleted before the journal of the store says so, and nothing of a study that a hold binds. It has ended, for whoever
 * reads the database, before its journal lines are durable: to be exported by the caller. Throws StorageError,
 * DatabaseError and JournalError if store, database or replica is away; then it is taken up again.
 */
export async function carryOutDisposition(
  ports: PurgePorts,
  dispositionId: string,
  { isJournalled = false, signal }: CarryOutOptions = {},
): Promise<CarriedOut> {
  const outcome = await whileCarryingOut(ports.database, dispositionId, async () => {
    const disposition = await readDisposition(ports.database, dispositionId);
    const hold = await holdOver(ports, disposition);
    if (hold !== undefined) return waiting(`legal hold ${hold}`);
    return carryOut(ports, disposition, { isJournalled, signal });
  });
  return outcome ?? { kind: 'elsewhere' };
}

async function carryOut(
  ports: PurgePorts,
  disposition: Disposition,
  { isJournalled, signal }: CarryOutOptions,
): Promise<CarriedOut> {
  const { dispositionId, endedAt } = disposition;
  for (let round = 0; round < ROUNDS; round += 1) {
    const rewritten = endedAt === undefined ? await rewriteRemainder(ports, disposition, signal) : 'nothing';
    if (rewritten === 'waiting')
      return waiting('entries of the study are being judged, or its segments joined');
    // Also the lines of whoever began it and died.
    if (isJournalled !== true || rewritten === 'changed' || round > 0) await exportDecision(ports);
    const obstacle = await deleteObjects(ports, disposition, signal);
    if (obstacle !== undefined) return waiting(inWords(obstacle));
    const { left: copied } = await countDispositionObjects(ports.database, dispositionId);
    if (copied > 0) return waiting('objects of it are just being copied to the replica');
    const listed = await listAgain(ports, disposition, signal);
    if (listed.isAny) return waiting(inWords('listed'));
    if (listed.forgotten.length > 0) {
      await listToo(ports, disposition, listed.forgotten);
      continue;
    }
    const left = await inContendedTransaction(ports.database, (client) =>
      endDisposition(client, { dispositionId, now: ports.now() }),
    );
    if (left === 0) {
      ports.logger.info('disposition-ended', { dispositionId });
      return { kind: 'ended' };
    }
  }
  return waiting('copies of its objects keep turning up');
}

/** Deleted when the journal has them, in the next round. */
function listToo(ports: PurgePorts, disposition: Disposition, keys: readonly string[]): Promise<void> {
  return inContendedTransaction(ports.database, (client) =>
    listDispositionObjects(client, disposition, keys),
  );
}

const names: Readonly<Record<LockPlace, string>> = {
  store: 'the store',
  cold: 'the cold tier',
  replica: 'the replica',
};

function inWords(obstacle: Obstacle): string {
  if (obstacle === 'listed') return 'the store still lists objects that were deleted';
  const places = [...obstacle.lockedIn].map((place) => names[place]).sort();
  return `${places.join(' and ')} ${places.length === 1 ? 'keeps' : 'keep'} its objects locked until a day`;
}

function waiting(why: string): CarriedOut {
  return { kind: 'waiting', why };
}

/** A hold that was placed when the purge had begun keeps what is still there. */
async function holdOver(
  { database, now }: PurgePorts,
  { studyInstanceUid }: Disposition,
): Promise<string | undefined> {
  return database.inTransaction(async (client) => {
    const subject = await readSubject(client, studyInstanceUid);
    if (subject === undefined) return undefined;
    const [hold] = await holdsOverStudy(client, subject, now());
    return hold?.legalHoldId;
  });
}
