/** A page of segments: what the store and the index say of them, and what is done where they disagree. */
import {
  type NotedObject,
  notesOn,
  removeNotes,
  type SeenTiers,
  type SegmentListing,
  settleDamage,
  settleTiers,
} from '@sandyq/database';
import type { Compared } from './compare-keys.ts';
import type { Examination, HeldSegment, PageRange } from './examination.ts';
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
  const seen = tiersOf(held);
  if (seen.cold.length > 0 || seen.hot.length > 0) await settleTiers(ports.database, seen);
  await forgetNotes(examination, page, range, notes);
  // What was taken in may be a rewrite of what was missed.
  if (movesOf(examination) > movedBefore) await ports.database.inTransaction(settleDamage);
}

/** Where the store has objects that the index thinks elsewhere. */
function tiersOf(held: readonly HeldSegment[]): SeenTiers {
  const keysOf = (tier: 'hot' | 'cold') =>
    held.flatMap(({ object, row }) => {
      const isThere = (object.isCold === true ? 'cold' : 'hot') === tier;
      return isThere && row.tier !== tier ? [object.key] : [];
    });
  return { cold: keysOf('cold'), hot: keysOf('hot') };
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
