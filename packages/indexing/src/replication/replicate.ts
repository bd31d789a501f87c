/**
 * One round of copying to the replica: what waits longest, several at a time. Rows are claimed, so that any number of
 * processes may do it; whatever cannot be copied now is tried again by itself.
 */
import {
  claimForReplication,
  findSegmentToVerify,
  type ObjectToReplicate,
  postponeReplication,
  type ReplicatedKind,
  recordReplicated,
} from '@sandyq/database';
import { StorageError, type StorageErrorCode } from '@sandyq/storage';
import { checkBytes } from '../fixity/check-bytes.ts';
import { checkSegment } from '../fixity/check-segment.ts';
import { recordQuarantineCheck, recordSegmentCheck } from '../fixity/record-check.ts';
import { type ReplicationPorts, replicateObject } from './replicate-object.ts';

/** Objects claimed in a round, and copied at the same time. */
const CLAIMED_AT_ONCE = 32;
const COPIED_AT_ONCE = 8;

/** Seconds until the next attempt: a store was away; something else failed; a person has to look first. */
const RETRY_AWAY_SECONDS = 5;
const RETRY_FAILED_SECONDS = 300;
const RETRY_FAULT_SECONDS = 3_600;

/** What a round did. */
export interface ReplicationRound {
  copied: number;
  copiedBytes: number;
  /** Of these the replica held before. */
  there: number;
  /** Not copied; tried again later. */
  failed: number;
  /** Why the rest was left for later: a store does not answer, the spool's disk is full. */
  haltedBy: StorageErrorCode | undefined;
}

/** Copies what waits of a kind, oldest first. Throws DatabaseError; StorageErrors are counted. */
export async function replicateWaiting(
  ports: ReplicationPorts,
  kind: ReplicatedKind,
  signal: AbortSignal,
): Promise<ReplicationRound> {
  const round: ReplicationRound = { copied: 0, copiedBytes: 0, there: 0, failed: 0, haltedBy: undefined };
  const queue = await claimForReplication(ports.database, kind, CLAIMED_AT_ONCE);
  const worker = async (): Promise<void> => {
    for (let object = queue.shift(); object !== undefined; object = queue.shift()) {
      // The others of the round would wait for the same store: given back, they are soon tried again.
      if (signal.aborted || round.haltedBy !== undefined) await giveBack(ports, object);
      else await replicateOne(ports, object, round, signal);
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: COPIED_AT_ONCE }, worker));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return round;
}

async function giveBack({ database }: ReplicationPorts, object: ObjectToReplicate): Promise<void> {
  await postponeReplication(database, object, { seconds: 0 });
}

async function replicateOne(
  ports: ReplicationPorts,
  object: ObjectToReplicate,
  round: ReplicationRound,
  signal: AbortSignal,
): Promise<void> {
  const { database, logger } = ports;
  try {
    const outcome = await replicateObject(ports, object, signal);
    if (outcome === 'copied' || outcome === 'there') {
      await recordReplicated(database, object);
      round[outcome] += 1;
      if (outcome === 'copied') round.copiedBytes += object.sizeBytes;
      return;
    }
    round.failed += 1;
    if (outcome === 'unsound') return await judgeUnsound(ports, object, signal);
    logger.error('replica-conflict', { kind: object.kind, objectKey: object.objectKey });
    await postponeReplication(database, object, { seconds: RETRY_FAULT_SECONDS, fault: 'conflict' });
  } catch (error) {
    if (signal.aborted) return giveBack(ports, object);
    if (!(error instanceof StorageError)) throw error;
    round.failed += 1;
    if (error.retryable) round.haltedBy = error.code;
    else {
      logger.error('replication-failed', { error, kind: object.kind, objectKey: object.objectKey });
    }
    const seconds = error.retryable ? RETRY_AWAY_SECONDS : RETRY_FAILED_SECONDS;
    await postponeReplication(database, object, { seconds });
  }
}

/** Reads the object a second time: only what is wrong twice is damage, and damage is not copied. */
async function judgeUnsound(
  ports: ReplicationPorts,
  object: ObjectToReplicate,
  signal: AbortSignal,
): Promise<void> {
  const isDamaged =
    object.kind === 'segment'
      ? await isSegmentDamaged(ports, object, signal)
      : await isQuarantineDamaged(ports, object, signal);
  await postponeReplication(
    ports.database,
    object,
    isDamaged ? { seconds: RETRY_FAULT_SECONDS, fault: 'damaged' } : { seconds: RETRY_AWAY_SECONDS },
  );
}

async function isSegmentDamaged(
  ports: ReplicationPorts,
  { id }: ObjectToReplicate,
  signal: AbortSignal,
): Promise<boolean> {
  const segment = await findSegmentToVerify(ports.database, id);
  if (segment === undefined) return false;
  const check = await checkSegment(ports.store, segment, signal);
  return (await recordSegmentCheck(ports, segment, check, new Date(0))) && check.outcome !== 'whole';
}

async function isQuarantineDamaged(
  ports: ReplicationPorts,
  object: ObjectToReplicate,
  signal: AbortSignal,
): Promise<boolean> {
  const check = await checkBytes(ports.store, object, signal);
  const quarantined = { ...object, quarantineId: Number(object.id), condition: 'whole' } as const;
  return (await recordQuarantineCheck(ports, quarantined, check, new Date(0))) && check.outcome !== 'whole';
}
