/**
 * Repairs one segment. A missing one is put back as it was, from a whole copy of the replica. A damaged one is rewritten:
 * each entry from where it is whole, here or in the replica; the damaged object is superseded and never overwritten.
 */
import { recordRepaired, type SegmentToVerify, settleDamage, settleSegment } from '@sandyq/database';
import { isStorageError, StorageError, verifyBytes, withFileBytes } from '@sandyq/storage';
import { withSpoolCopy } from '../replication/spool-copy.ts';
import { installRewrite } from '../rewrite/install-rewrite.ts';
import type { SegmentCheck } from './check-segment.ts';
import { notRepairable, type Repair, type RepairPorts, repaired } from './repair-ports.ts';
import { restoreObject } from './restore-object.ts';
import { examineCopy, findSoundParts, type SegmentCopy } from './sound-parts.ts';

/** Who rewrites, in the receipt. */
const PRINCIPAL = 'archive:repair';

/** `check`: what was found in the store a moment ago. Throws DatabaseError, and StorageError if a store is away. */
export async function repairSegment(
  ports: RepairPorts,
  segment: SegmentToVerify,
  check: SegmentCheck,
  signal?: AbortSignal,
): Promise<Repair> {
  const { store, replica } = ports;
  const copies: SegmentCopy[] = [{ store, check }];
  if (replica !== undefined) copies.push(await examineCopy(replica, segment, signal));
  const [, other] = copies;
  if (check.outcome === 'missing') {
    if (other?.check.outcome !== 'whole') return notRepairable(withoutSource(other));
    return putBack(ports, segment, other, signal);
  }
  return rewrite(ports, segment, copies, signal);
}

function withoutSource(replica: SegmentCopy | undefined): string {
  if (replica === undefined) return 'there is no replica';
  return `the copy in the replica is ${replica.check.outcome}`;
}

async function putBack(
  ports: RepairPorts,
  segment: SegmentToVerify,
  source: SegmentCopy,
  signal: AbortSignal | undefined,
): Promise<Repair> {
  const { database, store, spool, fileSystem } = ports;
  const { objectKey, segmentId, receiptSha256 } = segment;
  await withSpoolCopy(
    { store: source.store, spool },
    objectKey,
    async (copy) => {
      const { segment: opened, faults } = await withFileBytes(fileSystem, copy.path, (bytes) =>
        verifyBytes(bytes),
      );
      if (faults.length > 0 || opened?.receiptSha256 !== receiptSha256.toString('hex')) {
        throw new StorageError('io-error', `${objectKey} was whole in the replica and is not in the spool`);
      }
      await restoreObject(ports, { store, storeName: 'primary', objectKey, copy });
    },
    signal,
  );
  await database.inTransaction((client) => recordRepaired(client, segmentId));
  return repaired('put back from the replica');
}

async function rewrite(
  ports: RepairPorts,
  segment: SegmentToVerify,
  copies: readonly SegmentCopy[],
  signal: AbortSignal | undefined,
): Promise<Repair> {
  const sound = await findSoundParts(copies, segment);
  if (sound.receipt === undefined) {
    const other = copies.length > 1 ? '' : ', and there is no replica';
    return notRepairable(`${sound.missing}${other}`);
  }
  const { receipt, store: readFrom } = sound;
  const ordinals = receipt.entries.map(({ ordinal }) => ordinal);
  const installed = await installRewrite(ports, {
    sources: [{ key: segment.objectKey, receipt, ordinals }],
    principal: PRINCIPAL,
    receivedAt: ports.now().toISOString(),
    readFrom,
    signal,
  }).catch(asChanged);
  if (installed?.kind !== 'swapped') {
    return notRepairable('it was changed meanwhile: what is damaged now is found by the next run');
  }
  await ports.database.inTransaction(async (client) => {
    await recordRepaired(client, segment.segmentId);
    await settleDamage(client);
    // What nothing points to is held elsewhere, as its source was.
    await settleSegment(client, installed.segmentId);
  });
  ports.logger.info('segment-repaired', { segmentId: segment.segmentId, objectKey: installed.objectKey });
  return repaired(`rewritten to ${installed.objectKey}`);
}

/** A copy that was whole a moment ago and is not now, or is gone. */
function asChanged(error: unknown): undefined {
  if (isStorageError(error, 'damaged') || isStorageError(error, 'not-found')) return undefined;
  throw error;
}
