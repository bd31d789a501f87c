/**
 * A page of quarantine objects. One that no entry speaks of is noted and stays: its sender, its reason and its facility
 * are not known, an entry that names some would say what nobody knows, and its sender was never told that it is kept.
 */
import {
  findQuarantined,
  knownQuarantineObjects,
  noteObject,
  notesOn,
  type QuarantineListing,
  recordQuarantineCondition,
  removeNotes,
} from '@sandyq/database';
import type { Compared } from './compare-keys.ts';
import { type Examination, isYoung, objectNow, type PageRange } from './examination.ts';
import { forgetNotesOfGone } from './forget-notes.ts';
import { report } from './report.ts';

export async function examineQuarantine(
  examination: Examination,
  page: readonly Compared<QuarantineListing>[],
  range: PageRange,
): Promise<void> {
  const { ports, options } = examination;
  const listed = new Set(page.flatMap(({ key, object }) => (object === undefined ? [] : [key])));
  examination.report.quarantineListed += listed.size;
  examination.report.quarantineRows += page.filter(({ row }) => row !== undefined).length;
  await examineUnlisted(examination, page);
  for (const { object, row } of page) {
    if (row === undefined) continue;
    if (object?.size !== row.sizeBytes) await judgeEntry(examination, row);
    else if (row.condition === 'missing') await foundAgain(examination, row);
    else if (row.condition === 'damaged') report(examination.report, 'missingQuarantine', row.key);
  }
  if (!options.dryRun) await forgetNotesOfGone(ports, listed, range);
}

async function examineUnlisted(
  examination: Examination,
  page: readonly Compared<QuarantineListing>[],
): Promise<void> {
  const { ports, options } = examination;
  const objects = page.flatMap(({ object, row }) =>
    object === undefined || row !== undefined || isYoung(examination, object) ? [] : [object],
  );
  const keys = objects.map(({ key }) => key);
  const known = await knownQuarantineObjects(ports.database, keys);
  const notes = await notesOn(ports.database, keys);
  for (const { key, size, lastModified } of objects) {
    if (known.has(key)) {
      if (notes.has(key) && !options.dryRun) await removeNotes(ports.database, [key]);
      continue;
    }
    report(examination.report, 'unlisted', key);
    if (notes.has(key) || options.dryRun) continue;
    await noteObject(ports.database, {
      key,
      kind: 'unlisted',
      what: 'no quarantine entry speaks of it: its process may have died before it could tell anybody',
      sizeBytes: size,
      modifiedAt: lastModified,
    });
    ports.logger.warn('object-noted', { key, kind: 'unlisted' });
  }
}

/** The entry is missed only if it still waits and its object is still not as it was. */
async function judgeEntry(examination: Examination, row: QuarantineListing): Promise<void> {
  const { ports, options } = examination;
  const { key, quarantineId } = row;
  const now = await objectNow(examination, key);
  if (now?.size === row.sizeBytes) return;
  if ((await findQuarantined(ports.database, quarantineId))?.state !== 'open') return;
  report(examination.report, 'missingQuarantine', key);
  if (options.dryRun) return;
  const kind = now === undefined ? 'missing' : 'damaged';
  if (await recordQuarantineCondition(ports.database, quarantineId, kind)) {
    ports.logger.error('quarantine-object-damaged', { quarantineId, objectKey: key, kind });
  }
}

/** Whether its bytes are right is for those to say who read them: whoever accepts it, and fixity. */
async function foundAgain(examination: Examination, { quarantineId }: QuarantineListing): Promise<void> {
  const { ports, options } = examination;
  if (options.dryRun) return;
  if (await recordQuarantineCondition(ports.database, quarantineId, 'whole')) {
    examination.report.whole += 1;
    ports.logger.info('quarantine-object-found-again', { quarantineId });
  }
}
