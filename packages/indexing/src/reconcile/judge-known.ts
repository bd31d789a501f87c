/** Segments that the index knows: is the object there, is it of the right size, and is what was damaged whole again? */
import {
  type DamageFinding,
  findSegmentToVerify,
  type NotedObject,
  noteObject,
  recordDamage,
  recordRepaired,
  removeNotes,
  replaceDamage,
  type SegmentListing,
  segmentStates,
} from '@sandyq/database';
import { checkSegment, describeCheck } from '../fixity/check-segment.ts';
import { type Examination, forEachAtOnce, type HeldSegment, objectNow } from './examination.ts';
import { report } from './report.ts';
import { isUnchanged } from './take-in-unknown.ts';

/** A segment is missed only if the store still has no object and the index still counts on it. */
export async function judgeMissing(examination: Examination, rows: readonly SegmentListing[]): Promise<void> {
  const absent = new Set<SegmentListing>();
  await forEachAtOnce(rows, async (row) => {
    if ((await objectNow(examination, row.key)) === undefined) absent.add(row);
  });
  const gone = rows.filter((row) => absent.has(row));
  // It may have been rewritten and deleted since the page was read. Of a superseded one nothing is lost.
  const states = await segmentStates(
    examination.ports.database,
    gone.map(({ segmentId }) => segmentId),
  );
  for (const row of gone) {
    const state = states.get(row.segmentId);
    if (state !== 'live' && state !== 'duplicate') continue;
    report(examination.report, 'missing', row.key);
    await record(examination, row, {
      segmentId: row.segmentId,
      ordinals: 'all',
      kind: 'missing',
      what: 'the object is not in the store',
      foundBy: 'reconcile',
    });
  }
}

export async function judgeSizes(examination: Examination, held: readonly HeldSegment[]): Promise<void> {
  for (const { object, row } of held) {
    if (object.size === row.sizeBytes) continue;
    const now = await objectNow(examination, row.key);
    if (now === undefined || now.size === row.sizeBytes) continue;
    report(examination.report, 'damaged', row.key);
    await record(examination, row, {
      segmentId: row.segmentId,
      ordinals: 'all',
      kind: 'damaged',
      what: `${now.size} bytes where ${row.sizeBytes} were stored`,
      foundBy: 'reconcile',
    });
  }
}

/** What was missing and is there, or was damaged and has changed, is read in full: it may be whole again. */
export async function verifyAgain(
  examination: Examination,
  held: readonly HeldSegment[],
  notes: ReadonlyMap<string, NotedObject>,
): Promise<void> {
  for (const segment of held) {
    const { object, row } = segment;
    if (row.condition === 'whole' || object.size !== row.sizeBytes) continue;
    const noted = notes.get(row.key);
    const isExamined = row.condition === 'damaged' && noted !== undefined && isUnchanged(noted, object);
    if (isExamined || examination.options.dryRun) report(examination.report, 'damaged', row.key);
    else await verifyOnce(examination, segment);
  }
}

async function verifyOnce(examination: Examination, { object, row }: HeldSegment): Promise<void> {
  const { ports, options } = examination;
  const { segmentId, key } = row;
  const known = await ports.database.inTransaction((client) => findSegmentToVerify(client, segmentId));
  if (known === undefined) return;
  const check = await checkSegment(ports.store, known, options.signal);
  // Gone again: the next comparison misses it.
  if (check.outcome === 'missing') return;
  if (check.outcome === 'damaged') {
    report(examination.report, 'damaged', key);
    const what = describeCheck(check);
    const finding = { segmentId, ordinals: check.ordinals, kind: check.outcome, what } as const;
    await ports.database.inTransaction(async (client) => {
      await replaceDamage(client, { ...finding, foundBy: 'reconcile' });
      await noteObject(client, {
        key,
        kind: 'damaged',
        what,
        sizeBytes: object.size,
        modifiedAt: object.lastModified,
      });
    });
    return;
  }
  await ports.database.inTransaction(async (client) => {
    await recordRepaired(client, segmentId);
    await removeNotes(client, [key]);
  });
  examination.report.whole += 1;
  ports.logger.info('segment-whole-again', { segmentId });
}

async function record(
  { ports, options, report: found }: Examination,
  { key }: SegmentListing,
  finding: DamageFinding,
): Promise<void> {
  if (options.dryRun) return;
  const { isNew, instances } = await ports.database.inTransaction((client) => recordDamage(client, finding));
  found.instances += instances;
  const { segmentId, kind } = finding;
  if (isNew) ports.logger.error('segment-damaged', { segmentId, objectKey: key, kind, instances });
}
