/** Joins the segments of one series into as few as the rule of plan-compaction.ts allows, while readers and writers go on. */
import {
  type CompactableSegment,
  type CompactionClaim,
  finishCompaction,
  readCompactableSegments,
  releaseCompaction,
  renewClaim,
} from '@sandyq/database';
import { isStorageError } from '@sandyq/storage';
import type { CompactionPorts } from './compaction-ports.ts';
import { type JoinedSegments, joinSegments } from './join-segments.ts';
import { type CompactionLimits, defaultCompactionLimits, planCompaction } from './plan-compaction.ts';

/** How it is done. */
export interface CompactionOptions {
  readonly limits?: CompactionLimits | undefined;
  /** Told of bytes that were read or copied; what it returns is waited for. */
  readonly pace?: ((bytes: number, signal?: AbortSignal) => Promise<void> | undefined) | undefined;
  /** Asked before each rewrite: false ends the work, and the series comes up again later. */
  readonly mayGoOn?: (() => Promise<boolean>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What became of a series. */
export interface SeriesCompaction {
  /** Segments that were rewritten, and what they became. */
  readonly rewritten: number;
  readonly made: number;
  /** Instances and other entries that were copied, and that were left out because nothing needs them. */
  readonly copied: number;
  readonly leftOut: number;
  readonly bytes: number;
  /** Keys of segments that can't be read: the series is left as it is. */
  readonly damaged: readonly string[];
  /** `later`: it comes up again, because something was in the way. */
  readonly state: 'done' | 'later';
}

/** How long a claim is good for, beside the time that its bytes are expected to take. */
export const CLAIM_SECONDS = 900;

/** More than one pass is needed where receipts are long, or the series is. */
const PASSES = 16;
const SEGMENTS_A_PASS = 4_096;

/**
 * Works off a claim and gives it back. A crash at any point leaves every instance where it can be read, and the series to
 * be taken up again when the claim has run out. Throws StorageError and DatabaseError where store or database is away.
 */
export async function compactSeries(
  ports: CompactionPorts,
  claim: CompactionClaim,
  options: CompactionOptions = {},
): Promise<SeriesCompaction> {
  const work = new SeriesWork(ports, claim, options);
  try {
    return await work.run();
  } catch (error) {
    // What keeps it from being given back now ends with the claim.
    await Promise.allSettled([work.release()]);
    throw error;
  }
}

class SeriesWork {
  readonly #ports: CompactionPorts;
  readonly #options: CompactionOptions;
  readonly #limits: CompactionLimits;
  #claim: CompactionClaim;
  #report: Omit<SeriesCompaction, 'state'> = {
    rewritten: 0,
    made: 0,
    copied: 0,
    leftOut: 0,
    bytes: 0,
    damaged: [],
  };

  constructor(ports: CompactionPorts, claim: CompactionClaim, options: CompactionOptions) {
    this.#ports = ports;
    this.#claim = claim;
    this.#options = options;
    this.#limits = options.limits ?? defaultCompactionLimits;
  }

  async run(): Promise<SeriesCompaction> {
    for (let pass = 0; pass < PASSES; pass += 1) {
      const progress = await this.#pass();
      if (progress === 'later') break;
      if (progress === 'some') continue;
      await finishCompaction(this.#ports.database, this.#claim);
      return { ...this.#report, state: 'done' };
    }
    await this.release();
    return { ...this.#report, state: 'later' };
  }

  async release(): Promise<void> {
    await releaseCompaction(this.#ports.database, this.#claim);
  }

  async #pass(): Promise<'some' | 'nothing' | 'later'> {
    const { segments, isVerdictDue } = await readCompactableSegments(this.#ports.database, this.#claim, {
      maximumBytes: this.#limits.fullBytes,
      limit: SEGMENTS_A_PASS,
    });
    if (isVerdictDue) return 'later';
    let progress: 'some' | 'nothing' = 'nothing';
    for (const { sources } of planCompaction(segments, this.#limits)) {
      const joined = await this.#join(sources);
      if (joined === 'nothing') return 'nothing';
      if (joined === 'later') return 'later';
      if (joined !== 'not-worth-it') progress = 'some';
    }
    return progress;
  }

  /** `nothing`: the series is damaged, and left. */
  async #join(
    sources: readonly CompactableSegment[],
  ): Promise<'some' | 'nothing' | 'later' | 'not-worth-it'> {
    const { mayGoOn, signal } = this.#options;
    if (signal?.aborted === true || (mayGoOn !== undefined && !(await mayGoOn()))) return 'later';
    const claim = await renewClaim(this.#ports.database, this.#claim, CLAIM_SECONDS);
    if (claim === undefined) return 'later';
    this.#claim = claim;
    const joined = await this.#joinOrReport(sources);
    if (joined === undefined) return 'nothing';
    if (joined.kind === 'not-worth-it') return 'not-worth-it';
    this.#count(joined);
    return joined.kind === 'joined' ? 'some' : 'later';
  }

  async #joinOrReport(sources: readonly CompactableSegment[]): Promise<JoinedSegments | undefined> {
    try {
      const { pace, signal } = this.#options;
      const compactDue = this.#claim.until;
      return await joinSegments(this.#ports, sources, { limits: this.#limits, compactDue, pace, signal });
    } catch (error) {
      const key = isStorageError(error) ? damagedKey(error.code, sources, error.message) : undefined;
      if (key === undefined) throw error;
      this.#ports.logger.error('compaction-source-damaged', { objectKey: key, error });
      this.#report = { ...this.#report, damaged: [...this.#report.damaged, key] };
      return undefined;
    }
  }

  #count(joined: JoinedSegments): void {
    const { rewritten, made, copied, leftOut, bytes } = this.#report;
    const isDone = joined.kind === 'joined';
    this.#report = {
      ...this.#report,
      rewritten: rewritten + (isDone ? joined.sources : 0),
      made: made + (isDone ? 1 : 0),
      copied: copied + joined.copied,
      leftOut: leftOut + (isDone ? joined.leftOut : 0),
      bytes: bytes + joined.bytes,
    };
  }
}

/** Messages of damage name the key. What is full or away is no damage. */
function damagedKey(
  code: string,
  sources: readonly CompactableSegment[],
  message: string,
): string | undefined {
  if (code !== 'damaged' && code !== 'short-read' && code !== 'not-found') return undefined;
  const named = sources.find(({ objectKey }) => message.includes(objectKey));
  return (named ?? sources[0])?.objectKey;
}
