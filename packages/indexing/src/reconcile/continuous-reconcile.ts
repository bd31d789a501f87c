/**
 * The comparison of store and index as background work: at start and then regularly, one process at a time, at a bounded
 * rate, and going on after an interruption where it was.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  abandonPass,
  advancePass,
  beginPass,
  countUnsettledSegments,
  databaseTime,
  endPass,
  type IndexState,
  lastPasses,
  type PassHolder,
  type ReconcilePass,
  readIndexState,
  takeOpenPass,
} from '@sandyq/database';
import type { ObjectStat } from '@sandyq/storage';
import { compareStore } from './compare-store.ts';
import type { Examination, ReconcilePorts } from './examination.ts';
import { catchUp, settle } from './reconcile.ts';
import { continuedReport, emptyReport, isAnythingWrong, type ReconcileReport } from './report.ts';
import { takeInUnknown } from './take-in-unknown.ts';

export interface ContinuousOptions {
  /** Who holds a pass: an id of this process. */
  readonly holder: string;
  readonly minimumAgeMs: number;
  readonly now: () => Date;
  /** From the beginning of a pass to that of the next. */
  readonly intervalMs: number;
  /** Likewise for passes that also compare entries with rows. */
  readonly deepIntervalMs: number;
  /** Most objects and rows a second; not kept while the index has not caught up with the store. */
  readonly itemsPerSecond: number;
}

/** A process that shows no sign of life for so long has lost its pass: longer than the largest segment takes. */
const HOLD_SECONDS = 900;

/** One for each process; the passes themselves are in the database. */
export class ContinuousReconcile {
  readonly #ports: ReconcilePorts;
  readonly #options: ContinuousOptions;
  #startedAt: Date | undefined;
  /** Segments that were too young: looked at again when they are old enough, without a pass. */
  #young: ObjectStat[] = [];

  constructor(ports: ReconcilePorts, options: ContinuousOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  /** Does what is due; returns how many passes it completed. Throws where database or store are away: to be repeated. */
  async run(signal: AbortSignal): Promise<number> {
    const isFirst = this.#startedAt === undefined;
    this.#startedAt ??= await databaseTime(this.#ports.database);
    await this.#lookAtYoung(signal);
    if (!(await this.#isDue(this.#startedAt))) return 0;
    const state = await catchUp(this.#ports, signal);
    // Whoever rebuilds the index compares everything himself.
    if (!state.isCaughtUp && state.reason === 'rebuild') return 0;
    const pass = await this.#takePass(state, isFirst);
    return pass === undefined ? 0 : this.#complete(pass, state, signal);
  }

  async #isDue(processStartedAt: Date): Promise<boolean> {
    const { database } = this.#ports;
    const { open, complete } = await lastPasses(database);
    if (open !== undefined || complete === undefined) return true;
    if (complete.startedAt < processStartedAt) return true;
    const state = await readIndexState(database);
    if (!state.isCaughtUp && complete.startedAt < state.since) return true;
    return (
      complete.startedAt.getTime() <= (await databaseTime(database)).getTime() - this.#options.intervalMs
    );
  }

  /** A process that has just started takes over: the one that had the pass is dead, as a rule; if not, it notices. */
  async #takePass(state: IndexState, isFirst: boolean): Promise<ReconcilePass | undefined> {
    const { database } = this.#ports;
    const held: PassHolder = { holder: this.#options.holder, holdSeconds: HOLD_SECONDS };
    const { open, completeDeep } = await lastPasses(database);
    // What an older history of this database began says nothing of what it has forgotten.
    if (open !== undefined && !state.isCaughtUp && open.startedAt < state.since) await abandonPass(database);
    else if (open !== undefined) return takeOpenPass(database, { ...held, fromAnybody: isFirst });
    const deepBefore = (await databaseTime(database)).getTime() - this.#options.deepIntervalMs;
    const isDeep =
      completeDeep === undefined || !state.isCaughtUp || completeDeep.startedAt.getTime() <= deepBefore;
    return beginPass(database, { ...held, isDeep });
  }

  async #complete(pass: ReconcilePass, state: IndexState, signal: AbortSignal): Promise<number> {
    const { passId } = pass;
    const report = pass.afterKey === '' ? emptyReport() : continuedReport(pass.report);
    const examination = this.#examination(report, state, pass.isDeep, signal);
    let pageBegan = performance.now();
    const isComplete = await compareStore(examination, pass.afterKey, async ({ afterKey, items }) => {
      const progress = { holder: this.#options.holder, holdSeconds: HOLD_SECONDS, afterKey, report };
      if (!(await advancePass(this.#ports.database, passId, progress))) return false;
      if (state.isCaughtUp) await this.#pace(items, performance.now() - pageBegan, signal);
      pageBegan = performance.now();
      return true;
    });
    this.#young = examination.young;
    if (!isComplete) return 0;
    await this.#end(pass, state, report);
    return 1;
  }

  async #end(
    { passId, startedAt }: ReconcilePass,
    state: IndexState,
    report: ReconcileReport,
  ): Promise<void> {
    const { database, logger } = this.#ports;
    report.duplicates = (await countUnsettledSegments(database)).duplicates;
    await endPass(database, passId, report);
    if (startedAt >= state.since) await settle(this.#ports, state, report);
    if (!isAnythingWrong(report) && report.unknown + report.incomplete + report.whole === 0) return;
    logger.warn('reconciled', {
      listed: report.listed,
      rows: report.rows,
      unknown: report.unknown,
      replayed: report.replayed,
      incomplete: report.incomplete,
      restored: report.restored,
      whole: report.whole,
      damaged: report.damaged.length,
      missing: report.missing.length,
      missingQuarantine: report.missingQuarantine.length,
      failed: report.failed.length,
    });
  }

  /** A pass does not look again at what was too young for it: that is done here, as soon as it can be. */
  async #lookAtYoung(signal: AbortSignal): Promise<void> {
    const oldest = this.#options.now().getTime() - this.#options.minimumAgeMs;
    const due = this.#young.filter(({ lastModified }) => lastModified.getTime() <= oldest);
    if (due.length === 0) return;
    const examination = this.#examination(emptyReport(), undefined, false, signal);
    await takeInUnknown(examination, due, new Map());
    this.#young = this.#young.filter((object) => !due.includes(object));
  }

  #examination(
    report: ReconcileReport,
    state: IndexState | undefined,
    isDeep: boolean,
    signal: AbortSignal,
  ): Examination {
    const { minimumAgeMs, now } = this.#options;
    // Where the index is behind nothing is received, so nothing is too young.
    const age = state !== undefined && !state.isCaughtUp ? 0 : minimumAgeMs;
    const options = { dryRun: false, minimumAgeMs: age, now, signal, isDeep };
    return { ports: this.#ports, options, report, young: [] };
  }

  async #pace(items: number, elapsedMs: number, signal: AbortSignal): Promise<void> {
    const pauseMs = (items / this.#options.itemsPerSecond) * 1_000 - elapsedMs;
    if (pauseMs > 1) await sleep(pauseMs, undefined, { signal, ref: false });
  }
}
