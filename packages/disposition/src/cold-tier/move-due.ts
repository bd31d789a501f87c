/** Moves to the cold tier what the schedule in force lets lie there, study by study; or says what would be moved. */
import { activeHolds, type Database, type HotStudy, hotStudies, streamSubjects } from '@sandyq/database';
import { everyDetail } from '@sandyq/retention';
import { DispositionError } from '../errors.ts';
import { type Judgement, judgeStudy } from '../planning/judge-study.ts';
import { scheduleInForce } from '../schedules/schedule-in-force.ts';
import type { ColdTierPorts } from './cold-ports.ts';
import { type LeftHot, moveStudyToCold } from './move-study.ts';

/** What somebody wanted back is not moved again for so long, in days. */
const RECALLED_KEPT_DAYS = 30;
const DAY_MS = 86_400_000;
/** Studies moved at the same time. */
const MOVED_AT_ONCE = 4;

/** What was done, or would be. */
export interface ColdMoveReport {
  /** Studies looked at. */
  studies: number;
  /** Of these, due: something of them is hot, and the day has come from which it may lie in the cold tier. */
  due: number;
  /** Moved now, in whole or in part, or to be moved; bytes of segments. */
  moved: number;
  bytes: number;
  /** Due, and nothing of it can be moved now: `left` says why. */
  waiting: number;
  /** Due, and left because of a hold, or because somebody wanted them back lately. */
  held: number;
  recalled: number;
  /** Segments that were left, by reason; they come up again. */
  left: Partial<Record<LeftHot, number>>;
}

export interface ColdMoveOptions {
  /** Undefined: only say what would be moved. */
  readonly ports: ColdTierPorts | undefined;
  /** With a replica, what it lacks waits. */
  readonly hasReplica: boolean;
  readonly now: Date;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (report: ColdMoveReport) => void;
}

/** Throws DispositionError('not-found') where no schedule is in force; StorageError if a store is away. */
export async function moveDueStudies(database: Database, options: ColdMoveOptions): Promise<ColdMoveReport> {
  const { now, hasReplica, signal, onProgress } = options;
  const schedule = await scheduleInForce(database, now);
  if (schedule === undefined) throw new DispositionError('not-found', 'No retention schedule is in force.');
  const report: ColdMoveReport = {
    studies: 0,
    due: 0,
    moved: 0,
    bytes: 0,
    waiting: 0,
    held: 0,
    recalled: 0,
    left: {},
  };
  const recalledSince = new Date(now.getTime() - RECALLED_KEPT_DAYS * DAY_MS);
  for await (const subjects of streamSubjects(database, { details: everyDetail, signal })) {
    report.studies += subjects.length;
    // Holds may be placed while others are moved, and ask for anything.
    const judgement = { rules: schedule.rules, holds: await activeHolds(database), now };
    const due = subjects.flatMap((subject) => dueStudy(subject, judgement, report));
    const hot = due.length === 0 ? [] : await hotStudies(database, due, { recalledSince, hasReplica });
    const studies = hot.filter(({ isRecalled }) => !isRecalled);
    report.recalled += hot.length - studies.length;
    report.due += studies.length;
    if (options.ports === undefined) addAll(report, studies);
    else await moveAll(options.ports, studies, { report, signal });
    onProgress?.(report);
  }
  return report;
}

function dueStudy(
  subject: Parameters<typeof judgeStudy>[0],
  judgement: Judgement,
  report: ColdMoveReport,
): string[] {
  const { finding, holds } = judgeStudy(subject, judgement);
  if (finding.coldFrom === undefined || finding.coldFrom > finding.inputs.today) return [];
  if (holds.length === 0) return [subject.studyInstanceUid];
  report.held += 1;
  return [];
}

function addAll(report: ColdMoveReport, studies: readonly HotStudy[]): void {
  for (const { bytes, waiting } of studies) {
    if (bytes > 0) report.moved += 1;
    else report.waiting += 1;
    report.bytes += bytes;
    for (const [why, segments] of Object.entries(waiting)) addLeft(report, why as LeftHot, segments);
  }
}

function addLeft({ left }: ColdMoveReport, why: LeftHot, segments: number): void {
  left[why] = (left[why] ?? 0) + segments;
}

/** Some at a time. The first failure stops the others from beginning more, and is thrown when all have ended. */
async function moveAll(
  ports: ColdTierPorts,
  studies: readonly HotStudy[],
  { report, signal }: { readonly report: ColdMoveReport; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const queue = studies.values();
  let hasFailed = false;
  const worker = async (): Promise<void> => {
    for (const { studyInstanceUid } of queue) {
      if (hasFailed) return;
      try {
        const { moved, bytes, left } = await moveStudyToCold(ports, studyInstanceUid, signal);
        if (moved > 0) report.moved += 1;
        else if (left.length > 0) report.waiting += 1;
        report.bytes += bytes;
        for (const { why } of left) addLeft(report, why, 1);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: MOVED_AT_ONCE }, worker));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
