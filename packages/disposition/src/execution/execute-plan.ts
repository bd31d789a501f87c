/**
 * Carries an approved plan out, item by item, as far as it can be carried out today. It may be stopped at any time, and
 * begun again: what is done is done, what is begun is ended, everything else is checked anew.
 */
import {
  endPlanIfDone,
  lockItem,
  nextItems,
  OPEN_ITEM_STATES,
  type PlanItem,
  type PlanItemState,
  recordItem,
} from '@sandyq/database';
import { assertIndexCaughtUp, exportDecision, pause, TokenBucket } from '@sandyq/indexing';
import { isStorageError } from '@sandyq/storage';
import { assertPlanIntact } from '../planning/plan-digest.ts';
import { carryOutDisposition } from './carry-out-disposition.ts';
import { readPlanToExecute } from './check-item.ts';
import { decideItem, type ItemStep } from './decide-item.ts';
import type { ExecutionPorts } from './execution-ports.ts';
import { type ExecutionReport, emptyExecution, tell } from './execution-report.ts';

/** How a plan is carried out. */
export interface ExecutionRequest {
  readonly planId: string;
  readonly executedBy: string;
  /** Say what would be done, change nothing. */
  readonly isDryRun: boolean;
  /** Most studies, and bytes of them, a second. Default: no bound. */
  readonly studiesPerSecond?: number | undefined;
  readonly bytesPerSecond?: number | undefined;
  /** Stops before the next step, which is no failure: the report says so. */
  readonly signal?: AbortSignal | undefined;
  /** Told of each item that was looked at. */
  readonly onProgress?: ((report: ExecutionReport) => void) | undefined;
}

/** Items whose decisions share a batch of the journal. */
const ITEMS_AT_ONCE = 16;

/**
 * Resolves when everything that could be done is done, and the journal has it. Throws DispositionError if the plan may not
 * be carried out: it is not approved, has expired, or its schedule is not in force; JournalError, DatabaseError or
 * StorageError if a part of the archive is away. It can then be called again.
 */
export async function executePlan(
  ports: ExecutionPorts,
  request: ExecutionRequest,
): Promise<ExecutionReport> {
  const { database } = ports;
  const { planId, isDryRun, signal } = request;
  const plan = await database.inTransaction((client) => readPlanToExecute(client, planId, ports.now()));
  await assertPlanIntact(database, plan);
  const report = emptyExecution(plan, isDryRun);
  const pace = paceOf(request);
  for (let after = 0; ; ) {
    if (signal?.aborted === true) break;
    const items = await nextItems(database, planId, { after, limit: ITEMS_AT_ONCE });
    const last = items.at(-1);
    if (last === undefined) break;
    for (const some of withoutRepeats(items)) await carryOutItems(ports, { request, report, pace }, some);
    after = last.ordinal;
  }
  report.isStopped = signal?.aborted === true;
  if (report.graceEnds !== undefined && report.graceEnds <= ports.now()) report.graceEnds = undefined;
  if (isDryRun) return report;
  report.isEnded = await database.inTransaction((client) => endPlanIfDone(client, planId));
  await exportDecision(ports);
  return report;
}

interface Run {
  readonly request: ExecutionRequest;
  readonly report: ExecutionReport;
  readonly pace: (item: PlanItem) => Promise<void>;
}

/** Two items of one study are carried out one after the other. */
function withoutRepeats(items: readonly PlanItem[]): PlanItem[][] {
  const groups: PlanItem[][] = [[]];
  for (const item of items) {
    const group = groups.at(-1);
    const isRepeat = group?.some(({ studyInstanceUid }) => studyInstanceUid === item.studyInstanceUid);
    if (group === undefined || isRepeat === true) groups.push([item]);
    else group.push(item);
  }
  return groups;
}

async function carryOutItems(ports: ExecutionPorts, run: Run, items: readonly PlanItem[]): Promise<void> {
  const { signal } = run.request;
  // A restored database may have forgotten holds and links.
  if (!run.request.isDryRun) await assertIndexCaughtUp(ports);
  const steps = new Map<PlanItem, ItemStep>();
  for (const item of items) {
    await run.pace(item);
    if (signal?.aborted === true) break;
    steps.set(item, await decide(ports, run, item));
  }
  if (!run.request.isDryRun && steps.size > 0) await exportDecision(ports);
  for (const [item, step] of steps) await finish(ports, run, { item, step });
}

/** Without a grace the second phase follows the first. */
async function decide(ports: ExecutionPorts, { request, report }: Run, item: PlanItem): Promise<ItemStep> {
  const { executedBy, isDryRun } = request;
  const order = { item, executedBy, isDryRun };
  const step = await decideItem(ports, order);
  if (step.kind !== 'rejected' || step.restoreUntil > ports.now()) return step;
  tell(report, item, step);
  return isDryRun ? { kind: 'begun', dispositionId: ports.newId() } : decideItem(ports, order);
}

/** What remains to be done when the decision is durable. */
async function finish(
  ports: ExecutionPorts,
  { request, report }: Run,
  { item, step }: { readonly item: PlanItem; readonly step: ItemStep },
): Promise<void> {
  const { isDryRun, signal, onProgress } = request;
  if (signal?.aborted === true && step.kind === 'begun') return;
  report.looked += 1;
  if (isDryRun || (step.kind !== 'begun' && step.kind !== 'transfer')) tell(report, item, step);
  else tell(report, item, await finishOrNote(ports, { item, step, signal }));
  onProgress?.(report);
}

type Unfinished = Extract<ItemStep, { kind: 'begun' | 'transfer' }>;

/** A study whose bytes cannot be read does not keep the others from being carried out. */
async function finishOrNote(
  ports: ExecutionPorts,
  unfinished: {
    readonly item: PlanItem;
    readonly step: Unfinished;
    readonly signal: AbortSignal | undefined;
  },
): Promise<ItemStep | { readonly kind: 'purged' | 'transferred' }> {
  const { item, step, signal } = unfinished;
  try {
    const outcome =
      step.kind === 'begun' ? await purge(ports, step, signal) : await transfer(ports, item, signal);
    if (outcome.kind === 'waiting') await note(ports, item, outcome.why);
    return outcome;
  } catch (error) {
    // It goes on the next time, whatever kept it from ending.
    if (signal?.aborted === true) return { kind: 'over' };
    if (!isStorageError(error) || error.retryable) throw error;
    const why = `the store says ${error.code}`;
    ports.logger.error('disposition-failed', { planId: item.planId, ordinal: item.ordinal, error });
    await note(ports, item, why);
    return { kind: 'waiting', why };
  }
}

async function purge(
  ports: ExecutionPorts,
  { dispositionId }: Extract<ItemStep, { kind: 'begun' }>,
  signal: AbortSignal | undefined,
): Promise<ItemStep | { readonly kind: 'purged' }> {
  const outcome = await carryOutDisposition(ports, dispositionId, { isJournalled: true, signal });
  if (outcome.kind === 'ended') return { kind: 'purged' };
  return outcome.kind === 'waiting' ? outcome : { kind: 'waiting', why: 'another process is at it' };
}

/** Nothing is deleted: whoever stops it in the middle leaves a study of which a part is in the cold tier. */
async function transfer(
  ports: ExecutionPorts,
  item: PlanItem,
  signal: AbortSignal | undefined,
): Promise<ItemStep | { readonly kind: 'transferred' }> {
  if (ports.moveToColdTier === undefined) return { kind: 'waiting', why: 'no cold tier is configured' };
  const { left } = await ports.moveToColdTier(item.studyInstanceUid, signal);
  const [first] = left;
  if (first !== undefined) return { kind: 'waiting', why: `a segment of it is left for now: ${first.why}` };
  await record(ports, item, { state: 'transferred' });
  return { kind: 'transferred' };
}

/** Says at the item why it waits. */
async function note(ports: ExecutionPorts, item: PlanItem, outcome: string): Promise<void> {
  await record(ports, item, { outcome });
}

/** Unless another process has brought it to its end meanwhile. */
async function record(
  { database, now }: ExecutionPorts,
  { planId, ordinal }: PlanItem,
  { state, outcome }: { readonly state?: PlanItemState; readonly outcome?: string },
): Promise<void> {
  await database.inTransaction(async (client) => {
    const item = await lockItem(client, planId, ordinal);
    if (item === undefined || !OPEN_ITEM_STATES.includes(item.state)) return;
    if (state === undefined && item.outcome === outcome) return;
    await recordItem(client, { planId, ordinal, state: state ?? item.state, outcome, now: now() });
  });
}

function paceOf({
  studiesPerSecond = Number.POSITIVE_INFINITY,
  bytesPerSecond = Number.POSITIVE_INFINITY,
  signal,
}: ExecutionRequest): (item: PlanItem) => Promise<void> {
  const bucket = (rate: number) =>
    new TokenBucket({ bytesPerSecond: rate, now: () => performance.now(), sleep: pause });
  const [studies, bytes] = [bucket(studiesPerSecond), bucket(bytesPerSecond)];
  return async (item) => {
    try {
      await studies.take(1, signal);
      await bytes.take(item.bytes, signal);
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
  };
}
