/** Segments that the index does not know: verified to the last byte and replayed, or noted and kept. */
import {
  DatabaseError,
  knownSegments,
  type NotedKind,
  type NotedObject,
  noteObject,
  recountStudy,
  removeHalfRows,
  removeNotes,
} from '@sandyq/database';
import {
  isStorageError,
  type ObjectStat,
  openSegment,
  parseSegmentKey,
  verifySegment,
} from '@sandyq/storage';
import { describeCheck } from '../fixity/check-segment.ts';
import { type ReplayOutcome, replaySegment } from '../replay/replay-segment.ts';
import { folderOf } from './compare-keys.ts';
import {
  EXAMINED_AGAIN_MS,
  type Examination,
  forEachAtOnce,
  isYoung,
  mustWait,
  REMEMBERED_YOUNG,
} from './examination.ts';
import { report } from './report.ts';

/** Takes in what the index still does not know; studies side by side, the segments of one in the order of their keys. */
export async function takeInUnknown(
  examination: Examination,
  objects: readonly ObjectStat[],
  notes: ReadonlyMap<string, NotedObject>,
): Promise<void> {
  const segments = await ownSegments(examination, objects, notes);
  // Those that were committed since the page was read are no news.
  const known = await knownSegments(examination.ports.database, [...segments.keys()]);
  const unknown = [...segments].flatMap(([id, object]) => (known.has(id) ? [] : [object]));
  const old = unknown.filter((object) => !isYoung(examination, object));
  examination.report.young += unknown.length - old.length;
  for (const object of unknown) {
    if (isYoung(examination, object) && examination.young.length < REMEMBERED_YOUNG) {
      examination.young.push(object);
    }
  }
  const studies = [...Map.groupBy(old, ({ key }) => folderOf(key)).values()];
  await forEachAtOnce(studies, async (members) => {
    for (const object of members) await takeIn(examination, object, notes.get(object.key));
  });
}

/** By segment id; what is no segment of version 1 is noted. */
async function ownSegments(
  examination: Examination,
  objects: readonly ObjectStat[],
  notes: ReadonlyMap<string, NotedObject>,
): Promise<Map<string, ObjectStat>> {
  const segments = new Map<string, ObjectStat>();
  for (const object of objects) {
    try {
      segments.set(parseSegmentKey(object.key).segmentId, object);
    } catch (error) {
      if (!isStorageError(error)) throw error;
      report(examination.report, 'foreign', object.key);
      if (notes.has(object.key)) continue;
      await note(examination, object, 'foreign', 'its key is not of a form that the archive gives');
    }
  }
  return segments;
}

async function takeIn(
  examination: Examination,
  object: ObjectStat,
  noted: NotedObject | undefined,
): Promise<void> {
  const { ports, options } = examination;
  options.signal?.throwIfAborted();
  examination.report.unknown += 1;
  if (noted?.kind === 'damaged' && isUnchanged(noted, object)) {
    report(examination.report, 'damaged', object.key);
    return;
  }
  if (options.dryRun) return;
  try {
    const outcome = await replay(examination, object);
    if (outcome === 'damaged') await noteDamage(examination, object);
    if (outcome === 'replayed') examination.report.replayed += 1;
    if (outcome === 'superseded') examination.report.superseded += 1;
    if (outcome === 'disposed') examination.report.disposed += 1;
    if (outcome !== 'damaged' && noted !== undefined) await removeNotes(ports.database, [object.key]);
  } catch (error) {
    if (mustWait(error, options.signal)) throw error;
    // One segment that cannot be indexed does not keep the others out.
    ports.logger.error('segment-not-replayed', { key: object.key, error });
    report(examination.report, 'failed', object.key);
    await note(examination, object, 'failed', error instanceof Error ? error.name : 'unknown error');
  }
}

/** Whether it was examined a short while ago and has not changed since. */
export function isUnchanged(noted: NotedObject, object: ObjectStat): boolean {
  return (
    noted.sizeBytes === object.size &&
    noted.modifiedAt.getTime() === object.lastModified.getTime() &&
    noted.examinedForMs < EXAMINED_AGAIN_MS
  );
}

/** Rows of which a half was lost stand in the way of new ones: they are removed, and the replay begins anew. */
async function replay({ ports }: Examination, object: ObjectStat): Promise<ReplayOutcome> {
  try {
    return await replaySegment(ports, object, { verify: 'everything' });
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== 'conflict') throw error;
    const { receipt } = await openSegment(ports.store, object.key, { size: object.size });
    await ports.database.inTransaction((client) =>
      removeHalfRows(client, {
        segmentId: receipt.segmentId,
        studyInstanceUid: receipt.studyInstanceUid,
        sopInstanceUids: receipt.entries.map(({ sopInstanceUid }) => sopInstanceUid),
      }),
    );
    const outcome = await replaySegment(ports, object, { verify: 'everything' });
    await ports.database.inTransaction((client) => recountStudy(client, receipt.studyInstanceUid));
    return outcome;
  }
}

async function noteDamage(examination: Examination, object: ObjectStat): Promise<void> {
  const { faults } = await verifySegment(examination.ports.store, object.key, {
    signal: examination.options.signal,
  });
  report(examination.report, 'damaged', object.key);
  await note(examination, object, 'damaged', describeCheck({ outcome: 'damaged', faults }));
}

async function note(
  { ports, options }: Examination,
  { key, size, lastModified }: ObjectStat,
  kind: NotedKind,
  what: string,
): Promise<void> {
  if (options.dryRun) return;
  const isNews = await noteObject(ports.database, {
    key,
    kind,
    what,
    sizeBytes: size,
    modifiedAt: lastModified,
  });
  if (isNews) ports.logger.error('object-noted', { key, kind });
}
