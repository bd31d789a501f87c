/** All segments of a study from their tails into an index that knows little or nothing of it. */
import { knownSegments, recordVerdictsGiven, settleTiers } from '@sandyq/database';
import {
  isStorageError,
  type ObjectStat,
  openSegmentTail,
  parseSegmentKey,
  type SegmentReceipt,
} from '@sandyq/storage';
import { type CommitPlansPorts, commitPlans } from './commit-plans.ts';
import { giveUpDisposed } from './disposed-entries.ts';
import { type KnownOfSegment, planReplay, type ReplayPlan } from './plan-replay.ts';
import type { RebuildReport } from './rebuild-report.ts';
import type { ReplayPorts } from './replay-ports.ts';
import { adoptIfRewrite, readKnown, takeAsSuperseded } from './replay-segment.ts';
import type { StoredTail } from './stored-tail.ts';

export type ReplayStudyPorts = ReplayPorts & Pick<CommitPlansPorts, 'commit'>;

export interface ReplayStudyOptions {
  /** Ask the database which segments it knows, and leave those out. */
  readonly skipKnown: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Segments whose tails are read at the same time and held together. */
const TAILS_AT_ONCE = 32;
/** Instances and kept entries of one commit, unless one segment has more. */
const COMMIT_INSTANCES = 256;

/** Replays the segments in the order in which they were begun, and adds to the report. */
export async function replayStudy(
  ports: ReplayStudyPorts,
  objects: readonly ObjectStat[],
  report: RebuildReport,
  options: ReplayStudyOptions,
): Promise<void> {
  const listed = new Set(objects.map(({ key }) => parseSegmentKey(key).segmentId));
  const replay = new StudyReplay(ports, report, { ...options, listed });
  const unknown = options.skipKnown ? await replay.withoutKnown(objects) : objects;
  for (let start = 0; start < unknown.length; start += TAILS_AT_ONCE) {
    options.signal?.throwIfAborted();
    await replay.take(unknown.slice(start, start + TAILS_AT_ONCE));
  }
  await replay.finish();
  const cold = objects.flatMap(({ key, isCold }) => (isCold === true ? [key] : []));
  if (cold.length > 0) await settleTiers(ports.database, { cold, hot: [] });
  report.studies += 1;
  report.segments += objects.length;
  report.bytes += objects.reduce((sum, { size }) => sum + size, 0);
}

class StudyReplay {
  readonly #ports: ReplayStudyPorts;
  readonly #report: RebuildReport;
  readonly #options: ReplayStudyOptions;
  /** Held instances do not tell whose the study is: they wait until others have. */
  #waiting: StoredTail[] = [];
  #isPatientKnown = false;
  readonly #damaged = new Map<string, string>();
  /** Segments that were rewritten: one of them that is damaged is no loss. */
  readonly #rewritten = new Set<string>();

  /** Ids of all segments of the study that are in the store. */
  readonly #listed: ReadonlySet<string>;

  constructor(
    ports: ReplayStudyPorts,
    report: RebuildReport,
    { listed, ...options }: ReplayStudyOptions & { readonly listed: ReadonlySet<string> },
  ) {
    this.#listed = listed;
    this.#ports = ports;
    this.#report = report;
    this.#options = options;
  }

  async withoutKnown(objects: readonly ObjectStat[]): Promise<ObjectStat[]> {
    const ids = objects.map(({ key }) => parseSegmentKey(key).segmentId);
    const known = await knownSegments(this.#ports.database, ids);
    this.#report.known += known.size;
    return objects.filter((_, index) => !known.has(ids[index] ?? ''));
  }

  async take(objects: readonly ObjectStat[]): Promise<void> {
    const read = await Promise.all(objects.map((object) => this.#read(object)));
    await this.#replay(
      read.filter((tail) => tail !== undefined),
      { waits: true },
    );
  }

  async finish(): Promise<void> {
    await this.#replay(this.#waiting.splice(0), { waits: false });
    for (const [segmentId, key] of this.#damaged) {
      if (!this.#rewritten.has(segmentId)) this.#report.damaged.push(key);
    }
  }

  async #read({ key, size }: ObjectStat): Promise<StoredTail | undefined> {
    const { store, logger } = this.#ports;
    try {
      return { key, ...(await openSegmentTail(store, key, { size, signal: this.#options.signal })) };
    } catch (error) {
      if (isStorageError(error, 'not-found')) return undefined; // superseded between listing and reading
      if (!isStorageError(error, 'damaged')) throw error;
      logger.error('unknown-segment-damaged', { key, error });
      this.#damaged.set(parseSegmentKey(key).segmentId, key);
      return undefined;
    }
  }

  async #replay(tails: readonly StoredTail[], { waits }: { readonly waits: boolean }): Promise<void> {
    if (tails.length === 0) return;
    const planned = await this.#planAll(tails, await readKnown(this.#ports, tails));
    const ordinary = planned.filter(({ tail }) => !this.#isBesideSources(tail));
    // Those that tell whose the study is come first.
    const telling = ordinary.filter(({ plan }) => plan.tellsPatient);
    this.#isPatientKnown ||= telling.length > 0;
    const others = ordinary.filter(({ plan, tail }) => {
      if (plan.tellsPatient) return false;
      const mustWait = waits && !this.#isPatientKnown && plan.hasHeld;
      if (mustWait) this.#waiting.push(tail);
      return !mustWait;
    });
    await this.#commit([...telling, ...others].map(({ plan }) => plan));
    for (const rewrite of planned) {
      if (this.#isBesideSources(rewrite.tail)) await this.#takeOver(rewrite);
    }
  }

  async #planAll(tails: readonly StoredTail[], known: KnownOfSegment): Promise<Planned[]> {
    const planned: Planned[] = [];
    for (const tail of tails) {
      if (await giveUpDisposed(this.#ports, tail, known.disposed)) this.#report.disposed += 1;
      else if (await takeAsSuperseded(this.#ports, tail, known)) this.#report.superseded += 1;
      else planned.push({ tail, plan: await planReplay(this.#ports, tail, known) });
    }
    return planned;
  }

  /** A rewrite whose sources are in the store still: they are indexed by now, unless they are damaged. */
  #isBesideSources({ segment }: StoredTail): boolean {
    return sourcesOf(segment.receipt).some((id) => this.#listed.has(id));
  }

  /** What it was made of is superseded, once all of the rewrite was read and is whole. */
  async #takeOver({ tail, plan }: Planned): Promise<void> {
    const { segmentId } = tail.segment.receipt;
    const adoption = await adoptIfRewrite(this.#ports, tail, { isVerified: false });
    if (adoption === 'damaged') {
      this.#damaged.set(segmentId, tail.key);
      return;
    }
    for (const id of sourcesOf(tail.segment.receipt)) this.#rewritten.add(id);
    await this.#commit([plan]);
    await recordVerdictsGiven(this.#ports.database, segmentId);
  }

  async #commit(plans: readonly ReplayPlan[]): Promise<void> {
    let batch: ReplayPlan[] = [];
    let size = 0;
    const flush = async () => {
      const instances = batch.length === 0 ? 0 : await commitPlans(this.#ports, batch);
      // Others count meanwhile.
      this.#report.instances += instances;
      [batch, size] = [[], 0];
    };
    for (const plan of plans) {
      const instances = plan.parts.reduce((sum, { commit }) => sum + commit.instances.length, 0);
      if (size + instances > COMMIT_INSTANCES) await flush();
      batch.push(plan);
      size += instances;
    }
    await flush();
  }
}

interface Planned {
  readonly tail: StoredTail;
  readonly plan: ReplayPlan;
}

function sourcesOf({ source }: SegmentReceipt): readonly string[] {
  return source.kind === 'rewrite' ? source.of : [];
}
