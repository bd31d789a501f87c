/**
 * Makes the index anew from the store alone: every study from the tails of its segments, studies side by side. The
 * journal has been caught up with before. It can be interrupted at any time and goes on where it was.
 */
import { saveRebuildProgress } from '@sandyq/database';
import type { RebuildReport } from './rebuild-report.ts';
import { type ReplayStudyPorts, replayStudy } from './replay-study.ts';
import { type StudyObjects, studiesOfStore } from './studies-of-store.ts';

export interface RebuildOptions {
  /** Studies at the same time. */
  readonly parallel: number;
  /** Studies up to the one of this key are done. */
  readonly after: string;
  /** Segments may be known already: of those nothing is read. */
  readonly isResumed: boolean;
  /** Counts go on from here. */
  readonly report: RebuildReport;
  readonly signal?: AbortSignal | undefined;
  /** Told after each study; `share`: how much of the store is done, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** How often the place to go on from is written, in milliseconds. */
const SAVE_EVERY_MS = 1_000;

/** Throws what the signal says, StorageError and DatabaseError; what was replayed stays, and the place to go on from. */
export async function rebuildIndex(ports: ReplayStudyPorts, options: RebuildOptions): Promise<void> {
  const { report, signal, isResumed } = options;
  const place = new Place(options.after);
  const studies = studiesOfStore(ports.store, { after: options.after, signal });
  let savedAt = performance.now();
  const save = () => saveRebuildProgress(ports.database, { afterKey: place.doneUpTo, report });
  const work = async (study: StudyObjects): Promise<void> => {
    await replayStudy(ports, study.objects, report, { skipKnown: isResumed, signal });
    place.end(study);
    options.onProgress?.(shareOf(place.doneUpTo));
    if (performance.now() - savedAt < SAVE_EVERY_MS) return;
    savedAt = performance.now();
    await save();
  };
  try {
    await eachAtOnce(studies, options.parallel, {
      begin: (study) => place.begin(study),
      work,
    });
  } finally {
    await save();
  }
}

/** Where all studies before are done, while several are under way. */
class Place {
  /** Key of the last segment of the last study that is done with all before it. */
  doneUpTo: string;
  readonly #underWay: { readonly study: StudyObjects; isDone: boolean }[] = [];

  constructor(after: string) {
    this.doneUpTo = after;
  }

  begin(study: StudyObjects): void {
    this.#underWay.push({ study, isDone: false });
  }

  end(study: StudyObjects): void {
    for (const one of this.#underWay) if (one.study === study) one.isDone = true;
    while (this.#underWay[0]?.isDone === true) {
      const [done] = this.#underWay.splice(0, 1);
      this.doneUpTo = done?.study.objects.at(-1)?.key ?? this.doneUpTo;
    }
  }
}

/** Keys begin with a digest, so they are spread evenly. */
function shareOf(key: string): number {
  const digits = /^v1\/[0-9a-f]{2}\/([0-9a-f]{8})/.exec(key)?.[1];
  return digits === undefined ? 0 : Number.parseInt(digits, 16) / 2 ** 32;
}

interface Worker<Item> {
  /** Called in the order of the items. */
  readonly begin: (item: Item) => void;
  readonly work: (item: Item) => Promise<void>;
}

/** Stops beginning at the first failure, and throws it when all have ended. */
async function eachAtOnce<Item>(
  items: AsyncGenerator<Item>,
  parallel: number,
  { begin, work }: Worker<Item>,
): Promise<void> {
  const worker = async (): Promise<void> => {
    try {
      for (let next = await items.next(); next.done !== true; next = await items.next()) {
        begin(next.value);
        await work(next.value);
      }
    } catch (error) {
      // Nobody finds another one.
      await items.return(undefined);
      throw error;
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: parallel }, worker));
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
}
