/** A page of segments: what the store and the index say of them, and what is done where they disagree. */
import { type NotedObject, notesOn, removeNotes, type SegmentListing, settleDamage } from '@sandyq/database';
import type { Compared } from './compare-keys.ts';
import type { Examination, PageRange } from './examination.ts';
import { forgetNotesOfGone } from './forget-notes.ts';
import { judgeMissing, judgeSizes, verifyAgain } from './judge-known.ts';
import { restoreRows } from './restore-rows.ts';
import { takeInUnknown } from './take-in-unknown.ts';

/** The items are all segments of whole studies, as a rule; unknown ones are taken in before known ones are missed. */
export async function examineSegments(
  examination: Examination,
  page: readonly Compared<SegmentListing>[],
  range: PageRange,
): Promise<void> {
  const { ports, options, report } = examination;
  const movedBefore = movesOf(examination);
  const objects = new Map(page.flatMap(({ key, object }) => (object === undefined ? [] : [[key, object]])));
  report.listed += objects.size;
  report.rows += page.filter(({ row }) => row !== undefined).length;
  const notes = await notesOn(ports.database, [...objects.keys()]);
  const unknown = page.flatMap(({ object, row }) =>
    object !== undefined && (row === undefined || row.isVerdictDue) ? [object] : [],
  );
  await takeInUnknown(examination, unknown, notes);
  const missing = page.flatMap(({ object, row }) => (object === undefined && row !== undefined ? [row] : []));
  await judgeMissing(examination, missing);
  const held = page.flatMap(({ object, row }) =>
    object !== undefined && row !== undefined && row.state !== 'superseded' ? [{ object, row }] : [],
  );
  await judgeSizes(examination, held);
  await verifyAgain(examination, held, notes);
  if (options.isDeep) await restoreRows(examination, held);
  if (options.dryRun) return;
  await forgetNotes(examination, page, range, notes);
  // What was taken in may be a rewrite of what was missed.
  if (movesOf(examination) > movedBefore) await ports.database.inTransaction(settleDamage);
}

function movesOf({ report: { replayed, superseded, restored } }: Examination): number {
  return replayed + superseded + restored;
}

/** Of objects that are gone, and of those that the index has taken in and believes. */
async function forgetNotes(
  { ports }: Examination,
  page: readonly Compared<SegmentListing>[],
  range: PageRange,
  notes: ReadonlyMap<string, NotedObject>,
): Promise<void> {
  const listed = new Set(page.flatMap(({ key, object }) => (object === undefined ? [] : [key])));
  const believed = page.filter(
    ({ key, row }) => notes.has(key) && row?.condition === 'whole' && !row.isVerdictDue,
  );
  await removeNotes(
    ports.database,
    believed.map(({ key }) => key),
  );
  await forgetNotesOfGone(ports, listed, range);
}
