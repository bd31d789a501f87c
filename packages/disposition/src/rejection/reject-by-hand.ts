/** Instances that a person rejects: hidden at once, restorable, reported when the journal of the store has it. */
import { countRejectable, findRejection, type Rejection, rejectInstances } from '@sandyq/database';
import { assertIndexCaughtUp, exportDecision, settleFounders } from '@sandyq/indexing';
import { parseRejectionReason, type RejectionReasonCode } from '@sandyq/retention';
import type { Actor } from '../actor.ts';
import { DispositionError } from '../errors.ts';
import { readText } from '../holds/hold-request.ts';
import type { RejectionPorts } from './rejection-ports.ts';
import { inContendedTransaction } from './repeat-contended.ts';

/** As a person asks for it. */
export interface RejectionRequest {
  readonly studyInstanceUid: string;
  /** undefined: the whole study. */
  readonly seriesInstanceUid?: string | undefined;
  /** Those of the series; undefined: all of it. */
  readonly sopInstanceUids?: readonly string[] | undefined;
  /** Code value of PS3.16 CID 7011, e.g. `113001`. */
  readonly reason: string;
  /** In words. */
  readonly comment: string;
}

/** Most instances that a request names one by one. */
const MOST_NAMED = 10_000;

/**
 * How many instances the rejection would hide. Throws DispositionError('bad-input') for what cannot be used, 'not-found'
 * for a study that the archive does not have, 'conflict' where nothing is left to hide.
 */
export async function surveyRejection(
  { database }: Pick<RejectionPorts, 'database'>,
  request: RejectionRequest,
): Promise<number> {
  readRequest(request);
  const instances = await countRejectable(database, request);
  if (instances === undefined) throw new DispositionError('not-found', 'The archive has no such study.');
  if (instances === 0) throw nothingLeft();
  return instances;
}

/**
 * Hides the instances. A legal hold does not stand against it: nothing is lost, and the purge asks for holds. Throws as
 * {@link surveyRejection}, and JournalError where the index is behind, or the store does not have it yet.
 */
export async function rejectByHand(
  ports: RejectionPorts,
  request: RejectionRequest,
  { principalId }: Actor,
): Promise<Rejection> {
  await assertIndexCaughtUp(ports);
  await surveyRejection(ports, request);
  const { reasonCode, reasonText } = readRequest(request);
  const rejectionId = ports.newId();
  const now = ports.now();
  const instances = await inContendedTransaction(ports.database, (client) =>
    rejectInstances(client, {
      ...request,
      rejectionId,
      reasonCode,
      reasonText,
      rejectedBy: principalId,
      now,
      restoreUntil: endOfGrace(now, ports.graceDays),
    }),
  );
  if (instances === 0) throw nothingLeft();
  await exportDecision(ports);
  ports.logger.info('instances-rejected', { rejectionId, reasonCode: Number(reasonCode), instances });
  await settleFounders(ports);
  return demandRejection(ports, rejectionId);
}

/** The rejection of this id. Throws DispositionError('not-found'). */
export async function demandRejection(
  { database }: Pick<RejectionPorts, 'database'>,
  rejectionId: string,
): Promise<Rejection> {
  const rejection = await findRejection(database, rejectionId);
  if (rejection !== undefined) return rejection;
  throw new DispositionError('not-found', `There is no rejection ${rejectionId}.`);
}

const DAY_MS = 86_400_000;

/** Before this, what is rejected now is not purged. */
export function endOfGrace(now: Date, graceDays: number): Date {
  return new Date(now.getTime() + graceDays * DAY_MS);
}

function readRequest({ reason, comment, seriesInstanceUid, sopInstanceUids }: RejectionRequest): {
  readonly reasonCode: RejectionReasonCode;
  readonly reasonText: string;
} {
  const reasonCode = parseRejectionReason(reason);
  if (reasonCode === undefined)
    throw new DispositionError('bad-input', 'The reason must be 113001, 113037, 113038 or 113039.');
  if (sopInstanceUids !== undefined && seriesInstanceUid === undefined)
    throw new DispositionError('bad-input', 'Name the series of the instances.');
  if (sopInstanceUids !== undefined && sopInstanceUids.length > MOST_NAMED)
    throw new DispositionError('bad-input', `Name at most ${MOST_NAMED} instances at a time.`);
  return { reasonCode, reasonText: readText('comment', comment) };
}

function nothingLeft(): DispositionError {
  return new DispositionError(
    'conflict',
    'Nothing of it is left to reject: it is rejected already, or not there.',
  );
}
