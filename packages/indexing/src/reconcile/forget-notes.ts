/** Notes on objects that the store does not have any more. */
import { notedKeysBetween, removeNotes } from '@sandyq/database';
import type { PageRange, ReconcilePorts } from './examination.ts';

/** Notes are asked of the database so many at a time. */
const NOTES = 1_000;

/** Notes in the range on objects that the store does not list any more. */
export async function forgetNotesOfGone(
  { database }: Pick<ReconcilePorts, 'database'>,
  listed: ReadonlySet<string>,
  range: PageRange,
): Promise<void> {
  for (let after = range.after; ; ) {
    const keys = await notedKeysBetween(database, { ...range, after }, NOTES);
    await removeNotes(
      database,
      keys.filter((key) => !listed.has(key)),
    );
    const last = keys.at(-1);
    if (last === undefined || keys.length < NOTES) return;
    after = last;
  }
}
