/** Studies that the schedule in force disposes of today, as items of a plan. */
import {
  alreadyPlanned,
  contentsOfStudies,
  type Database,
  type NewPlanItem,
  type Queryable,
  streamSubjects,
  studiesInColdTier,
  studiesInQuarantine,
  whollyRejected,
} from '@sandyq/database';
import { detailsAskedBy } from '@sandyq/retention';
import { type JudgedStudy, type Judgement, judgeStudy } from './judge-study.ts';
import type { LeftOut, LeftOutReason } from './left-out.ts';

/** An item that has no number yet. */
export type DueItem = Omit<NewPlanItem, 'ordinal'>;

/** Where studies are looked for, and what is told of those that are not due. */
export interface DueRequest extends Judgement {
  readonly facilityId: number | undefined;
  readonly leftOut: LeftOut;
  readonly signal?: AbortSignal | undefined;
  /** Called with the studies that were looked at. */
  readonly onLooked: (studies: number) => void;
}

/** Those that are due, as they stand; nothing is locked, for each is judged again when its turn comes. */
export async function* dueStudies(database: Database, request: DueRequest): AsyncGenerator<DueItem> {
  const { rules, holds, facilityId, signal, onLooked } = request;
  const details = detailsAskedBy({ schedules: [rules], holds });
  for await (const subjects of streamSubjects(database, { details, facilityId, signal })) {
    const due = subjects
      .map((subject) => judgeStudy(subject, request))
      .filter((judged) => isDue(judged, request.leftOut));
    if (due.length > 0) yield* itemsOf(database, due, request);
    onLooked(subjects.length);
  }
}

function isDue({ finding: { verdict }, holds }: JudgedStudy, leftOut: LeftOut): boolean {
  if (verdict === 'keep') leftOut.kept += 1;
  else if (verdict === 'review') leftOut.review += 1;
  else if (holds.length > 0) leftOut.held += 1;
  else return true;
  return false;
}

async function* itemsOf(
  client: Queryable,
  due: readonly JudgedStudy[],
  { now, rules, leftOut }: DueRequest,
): AsyncGenerator<DueItem> {
  const uids = due.map(({ subject }) => subject.studyInstanceUid);
  const [planned, rejected, quarantined, cold, contents] = await Promise.all([
    alreadyPlanned(client, uids, { now, rules }),
    whollyRejected(client, uids),
    studiesInQuarantine(client, uids),
    studiesInColdTier(client, uids),
    contentsOfStudies(client, uids),
  ]);
  for (const { subject, finding } of due) {
    const uid = subject.studyInstanceUid;
    const action = finding.verdict === 'transfer' ? 'transfer' : 'destroy';
    const content = contents.get(uid);
    const { decidedBy, earliestDisposition } = finding;
    const obstacle = obstacleOf(uid, {
      planned,
      rejected,
      ...(action === 'destroy' ? { quarantined } : { cold }),
    });
    if (obstacle !== undefined) leftOut[obstacle] += 1;
    else if (content === undefined || decidedBy === undefined || earliestDisposition === undefined)
      leftOut.empty += 1;
    else
      yield {
        studyInstanceUid: uid,
        facility: content.facility,
        rejectionId: undefined,
        contentSha256: content.sha256,
        rule: decidedBy.id,
        action,
        earliestDisposition,
        instances: content.instances,
        bytes: content.bytes,
      };
  }
}

function obstacleOf(
  studyInstanceUid: string,
  obstacles: Partial<Record<LeftOutReason, ReadonlySet<string>>>,
): LeftOutReason | undefined {
  const reasons = Object.keys(obstacles) as LeftOutReason[];
  return reasons.find((reason) => obstacles[reason]?.has(studyInstanceUid) === true);
}
