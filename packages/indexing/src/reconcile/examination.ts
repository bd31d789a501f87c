/** What the steps of a comparison share. */
import type { SegmentListing } from '@sandyq/database';
import { isStorageError, type ObjectStat } from '@sandyq/storage';
import type { ReplayPorts } from '../replay/replay-ports.ts';
import type { ReconcileReport } from './report.ts';

export type ReconcilePorts = ReplayPorts;

/** How a comparison is made. */
export interface ExaminationOptions {
  /** Say what would be done, change nothing. */
  readonly dryRun: boolean;
  /** Objects younger than this may be on their way through a living process; milliseconds. */
  readonly minimumAgeMs: number;
  readonly now: () => Date;
  readonly signal?: AbortSignal | undefined;
  /** Compare entries with rows, too. */
  readonly isDeep: boolean;
}

/** One comparison under way. */
export interface Examination {
  readonly ports: ReconcilePorts;
  readonly options: ExaminationOptions;
  readonly report: ReconcileReport;
  /** Unknown segments that were too young, at most {@link REMEMBERED_YOUNG}: to be looked at again when they are older. */
  readonly young: ObjectStat[];
}

/** Where a page begins (exclusive) and ends (inclusive; undefined: it is the last). */
export interface PageRange {
  readonly prefix: string;
  readonly after: string;
  readonly upTo: string | undefined;
}

/** A segment that the index knows and the store has. */
export interface HeldSegment {
  readonly object: ObjectStat;
  readonly row: SegmentListing;
}

/** Young segments that are remembered; the next comparison finds the others. */
export const REMEMBERED_YOUNG = 10_000;

/** What was examined in full and is unchanged is not examined again within this time, in milliseconds. */
export const EXAMINED_AGAIN_MS = 24 * 3_600_000;

/** Objects asked about, or segments taken in, at a time. */
const AT_ONCE = 4;

/** Whether an object may still be on its way through a living process. */
export function isYoung({ options }: Examination, { lastModified }: ObjectStat): boolean {
  return lastModified.getTime() > options.now().getTime() - options.minimumAgeMs;
}

/** Does the work for every item, some at a time; stops beginning at the first failure and throws it when all have ended. */
export async function forEachAtOnce<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (const item of rest) {
      if (failed) return;
      try {
        await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
}

/** The object as the store has it now, or undefined. */
export function objectNow({ ports, options }: Examination, key: string): Promise<ObjectStat | undefined> {
  return ports.store.stat(key, options.signal);
}

/** Whether the same work may succeed later, so that the comparison must stop here and go on then. */
export function mustWait(error: unknown, signal: AbortSignal | undefined): boolean {
  if (signal?.aborted === true || isStorageError(error, 'aborted')) return true;
  return typeof error === 'object' && error !== null && Reflect.get(error, 'retryable') === true;
}
