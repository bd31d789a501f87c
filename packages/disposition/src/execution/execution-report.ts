/** What the execution of a plan has come to, in numbers. */
import type { Plan, PlanItem } from '@sandyq/database';
import type { ItemStep } from './decide-item.ts';

/** Studies, with their instances and bytes as planned. */
export interface Tally {
  studies: number;
  instances: number;
  bytes: number;
}

/** An item that was not carried out, and why. */
export interface NotCarriedOut {
  readonly studyInstanceUid: string;
  readonly why: string;
}

/** Of this run; of a dry run: what would be done. */
export interface ExecutionReport {
  readonly planId: string;
  readonly isDryRun: boolean;
  /** Items that this run has looked at. */
  looked: number;
  /** Hidden now, and restorable until `graceEnds` at the earliest. */
  readonly rejected: Tally;
  /** Deleted and seen gone; of a dry run: whose bytes would be deleted. */
  readonly purged: Tally;
  readonly transferred: Tally;
  /** Changed since they were planned: nothing more is done with them. */
  readonly skipped: Tally;
  /** Rejected before, and still restorable. */
  readonly inGrace: Tally;
  /** Bound by a legal hold: they go on when it is released. */
  readonly held: Tally;
  /** Something is in the way: they go on the next time. */
  readonly waiting: Tally;
  /** The first end of a grace among those that are rejected. */
  graceEnds: Date | undefined;
  /** The first of those that were skipped, are held or wait. */
  readonly reasons: NotCarriedOut[];
  /** It was stopped before its end. */
  isStopped: boolean;
  /** Nothing is left to be done by the plan. */
  isEnded: boolean;
}

/** Most reasons that a report names; the others stand at the items. */
const MOST_REASONS = 100;

/** A report of a run that has done nothing yet. */
export function emptyExecution({ planId }: Plan, isDryRun: boolean): ExecutionReport {
  const none = (): Tally => ({ studies: 0, instances: 0, bytes: 0 });
  return {
    planId,
    isDryRun,
    looked: 0,
    rejected: none(),
    purged: none(),
    transferred: none(),
    skipped: none(),
    inGrace: none(),
    held: none(),
    waiting: none(),
    graceEnds: undefined,
    reasons: [],
    isStopped: false,
    isEnded: false,
  };
}

/** What became of an item in the end. */
export type ItemOutcome = ItemStep | { readonly kind: 'purged' | 'transferred' };

const tallied = {
  rejected: 'rejected',
  grace: 'inGrace',
  begun: 'purged',
  purged: 'purged',
  transfer: 'transferred',
  transferred: 'transferred',
  skipped: 'skipped',
  held: 'held',
  waiting: 'waiting',
} as const;

/** Counts an item. */
export function tell(report: ExecutionReport, item: PlanItem, outcome: ItemOutcome): void {
  if (outcome.kind === 'over') return;
  const tally = report[tallied[outcome.kind]];
  tally.studies += 1;
  tally.instances += item.instances;
  tally.bytes += item.bytes;
  if ('why' in outcome && report.reasons.length < MOST_REASONS)
    report.reasons.push({ studyInstanceUid: item.studyInstanceUid, why: outcome.why });
  if (
    'restoreUntil' in outcome &&
    !(report.graceEnds !== undefined && report.graceEnds <= outcome.restoreUntil)
  )
    report.graceEnds = outcome.restoreUntil;
}
