/** Everything in the store beside everything in the index: quarantine, then segments, in key order, in bounded memory. */
import { listQuarantineByKey, listSegmentsByKey, settleDamage } from '@sandyq/database';
import type { ObjectStat } from '@sandyq/storage';
import { type Compared, compareKeys, pagesOfFolders, rowsByKey } from './compare-keys.ts';
import type { Examination, PageRange } from './examination.ts';
import { examineQuarantine } from './examine-quarantine.ts';
import { examineSegments } from './examine-segments.ts';
import { forgetNotesOfGone } from './forget-notes.ts';

/** Rows read, and items examined, at a time; a study of more segments than the second is cut. */
const PAGE = 1_000;
const LARGEST_PAGE = 20_000;

/** Told after each page; false ends the comparison early. */
export type OnPage = (done: { afterKey: string; items: number }) => Promise<boolean>;

/** Compares what comes after the key. True: everything was compared. */
export async function compareStore(
  examination: Examination,
  after: string,
  onPage: OnPage,
): Promise<boolean> {
  const { database } = examination.ports;
  const segments: Section<'segment'> = {
    prefix: 'v1/',
    read: (from, limit) => listSegmentsByKey(database, from, limit),
    examine: examineSegments,
  };
  const quarantine: Section<'quarantine'> = {
    prefix: 'quarantine/',
    read: (from, limit) => listQuarantineByKey(database, from, limit),
    examine: examineQuarantine,
  };
  // In key order, so that one key says how far the comparison is.
  if (after < segments.prefix && !(await compareSection(examination, quarantine, after, onPage)))
    return false;
  if (!(await compareSection(examination, segments, after, onPage))) return false;
  if (!examination.options.dryRun) await database.inTransaction(settleDamage);
  return true;
}

interface Rows {
  readonly segment: Awaited<ReturnType<typeof listSegmentsByKey>>[number];
  readonly quarantine: Awaited<ReturnType<typeof listQuarantineByKey>>[number];
}

interface Section<Kind extends keyof Rows> {
  readonly prefix: string;
  readonly read: (after: string, limit: number) => Promise<readonly Rows[Kind][]>;
  readonly examine: (
    examination: Examination,
    page: readonly Compared<Rows[Kind]>[],
    range: PageRange,
  ) => Promise<void>;
}

async function compareSection<Kind extends keyof Rows>(
  examination: Examination,
  { prefix, read, examine }: Section<Kind>,
  afterKey: string,
  onPage: OnPage,
): Promise<boolean> {
  const { ports, options } = examination;
  const start = afterKey > prefix ? afterKey : prefix;
  const { signal } = options;
  const objects: AsyncIterable<ObjectStat> = ports.store.list(prefix, {
    after: start,
    ...(signal !== undefined && { signal }),
  });
  let after = start;
  const compared = compareKeys(objects, rowsByKey(read, start, PAGE));
  for await (const page of pagesOfFolders(compared, { items: PAGE, most: LARGEST_PAGE })) {
    signal?.throwIfAborted();
    const upTo = page.at(-1)?.key ?? after;
    await examine(examination, page, { prefix, after, upTo });
    after = upTo;
    if (!(await onPage({ afterKey: after, items: page.length }))) return false;
  }
  if (!options.dryRun) await forgetNotesOfGone(ports, new Set(), { prefix, after, upTo: undefined });
  return true;
}
