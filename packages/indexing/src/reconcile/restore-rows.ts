/** Entries of known segments that have lost their rows: found by counting, told by the receipt, and replayed. */
import {
  type DamageFinding,
  findSegmentToVerify,
  forgetDetachedSegment,
  recordAccounted,
  recordDamage,
  recountStudy,
  removeHalfRows,
  repointKeptBack,
  type SuspectSegment,
  suspectSegments,
  unaccountedEntries,
} from '@sandyq/database';
import { isStorageError, openSegment, type SegmentReceipt } from '@sandyq/storage';
import { checkSegment, describeCheck } from '../fixity/check-segment.ts';
import { replaySegment } from '../replay/replay-segment.ts';
import { type Examination, type HeldSegment, mustWait } from './examination.ts';
import { report } from './report.ts';

/** Segments whose verdicts are due, or that are damaged, are not looked at: the one is replayed, the other cannot be. */
export async function restoreRows(examination: Examination, held: readonly HeldSegment[]): Promise<void> {
  const sound = held.filter(({ object, row }) => {
    return row.condition === 'whole' && !row.isVerdictDue && object.size === row.sizeBytes;
  });
  const suspects = await suspectSegments(
    examination.ports.database,
    sound.map(({ row }) => row.segmentId),
  );
  for (const suspect of suspects) await examineSuspect(examination, suspect);
}

async function examineSuspect(examination: Examination, suspect: SuspectSegment): Promise<void> {
  const { ports, options } = examination;
  const { objectKey: key, sizeBytes: size, segmentId } = suspect;
  try {
    options.signal?.throwIfAborted();
    const { receipt } = await openSegment(ports.store, key, { size, signal: options.signal });
    const lost = await lostEntries(examination, suspect, receipt);
    if (lost.length === 0 && !isDetached(suspect, lost)) {
      if (!options.dryRun) await recordAccounted(ports.database, segmentId, suspect.rows);
      return;
    }
    examination.report.incomplete += 1;
    if (!options.dryRun) await restore(examination, suspect, receipt, lost);
  } catch (error) {
    if (mustWait(error, options.signal)) throw error;
    if (isStorageError(error, 'not-found')) return; // rewritten and deleted meanwhile, or missed by the next comparison
    if (isStorageError(error, 'damaged')) {
      await recordDamaged(examination, suspect, { ordinals: 'all', what: error.message });
      return;
    }
    ports.logger.error('rows-not-restored', { segmentId, key, error });
    report(examination.report, 'failed', key);
  }
}

/** It has, or must get, instances of a series that has no row. */
function isDetached({ isAlone, instances }: SuspectSegment, lost: readonly string[]): boolean {
  return isAlone && (instances > 0 || lost.length > 0);
}

/** SOP Instance UIDs of entries that nothing in the index accounts for. */
async function lostEntries(
  { ports }: Examination,
  { segmentId }: SuspectSegment,
  receipt: SegmentReceipt,
): Promise<string[]> {
  const entries = receipt.entries.filter(({ role }) => role === 'part10');
  const lost = new Set(await unaccountedEntries(ports.database, segmentId, entries));
  return entries.flatMap(({ ordinal, sopInstanceUid }) => (lost.has(ordinal) ? [sopInstanceUid] : []));
}

/**
 * What is left of the lost rows would stand in the way of new ones. A crash after it is removed leaves what this
 * comparison found, and the next one finds it again.
 */
async function restore(
  examination: Examination,
  suspect: SuspectSegment,
  receipt: SegmentReceipt,
  lost: readonly string[],
): Promise<void> {
  const { ports } = examination;
  const { segmentId, objectKey: key, sizeBytes: size } = suspect;
  const { studyInstanceUid } = receipt;
  if (!(await isWhole(examination, suspect))) return;
  await ports.database.inTransaction((client) =>
    isDetached(suspect, lost)
      ? forgetDetachedSegment(client, segmentId)
      : removeHalfRows(client, { segmentId, studyInstanceUid, sopInstanceUids: lost }),
  );
  await replaySegment(ports, { key, size }, { verify: 'tail' });
  await ports.database.inTransaction(async (client) => {
    await recountStudy(client, studyInstanceUid);
    if (isDetached(suspect, lost)) await repointKeptBack(client, studyInstanceUid);
  });
  const [left] = await suspectSegments(ports.database, [segmentId]);
  const stillLost = left === undefined ? [] : await lostEntries(examination, left, receipt);
  if (stillLost.length > 0) {
    report(examination.report, 'failed', key);
    ports.logger.error('rows-not-restored', { segmentId, key, entries: stillLost.length });
    return;
  }
  if (left !== undefined) await recordAccounted(ports.database, segmentId, left.rows);
  examination.report.restored += 1;
  ports.logger.warn('rows-restored', { segmentId, key, entries: lost.length });
}

/** Rows are given up only for bytes that are there, every one of them. */
async function isWhole(examination: Examination, suspect: SuspectSegment): Promise<boolean> {
  const { ports, options } = examination;
  const { segmentId } = suspect;
  const known = await ports.database.inTransaction((client) => findSegmentToVerify(client, segmentId));
  if (known === undefined) return false; // superseded meanwhile
  const check = await checkSegment(ports.store, known, options.signal);
  if (check.outcome === 'damaged') {
    const { ordinals } = check;
    await recordDamaged(examination, suspect, { ordinals, what: describeCheck(check) });
  }
  return check.outcome === 'whole';
}

async function recordDamaged(
  { ports, options, report: found }: Examination,
  { segmentId, objectKey }: SuspectSegment,
  { ordinals, what }: Pick<DamageFinding, 'ordinals' | 'what'>,
): Promise<void> {
  report(found, 'damaged', objectKey);
  if (options.dryRun) return;
  const { isNew, instances } = await ports.database.inTransaction((client) =>
    recordDamage(client, { segmentId, ordinals, kind: 'damaged', what, foundBy: 'reconcile' }),
  );
  found.instances += instances;
  if (isNew) ports.logger.error('segment-damaged', { segmentId, objectKey, kind: 'damaged', instances });
}
