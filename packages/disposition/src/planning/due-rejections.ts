/** What was rejected and is not restored any more, as items of a plan: only what its minimum period allows to go. */
import {
  contentOfRejection,
  type Database,
  readSubject,
  studiesInQuarantine,
  type WaitingRejection,
  waitingRejections,
} from '@sandyq/database';
import type { DueItem, DueRequest } from './due-studies.ts';
import { hasMinimumPassed, judgeStudy } from './judge-study.ts';
import type { LeftOutReason } from './left-out.ts';

const REJECTIONS_AT_ONCE = 100;

/** Those that are due, as they stand. A rejection that nothing is left of is over, and is not told. */
export async function* dueRejections(database: Database, request: DueRequest): AsyncGenerator<DueItem> {
  const { facilityId, now, rules, signal, leftOut, onLooked } = request;
  let after: string | undefined;
  for (;;) {
    signal?.throwIfAborted();
    const limit = REJECTIONS_AT_ONCE;
    const page = await waitingRejections(database, { facilityId, after, limit, now, rules });
    for (const waiting of page) {
      const item = await itemOf(database, waiting, request);
      if (typeof item === 'string') leftOut[item] += 1;
      else yield item;
    }
    onLooked(page.length);
    after = page.at(-1)?.rejectionId;
    if (page.length < REJECTIONS_AT_ONCE) return;
  }
}

async function itemOf(
  database: Database,
  { rejectionId, studyInstanceUid }: WaitingRejection,
  request: DueRequest,
): Promise<DueItem | LeftOutReason> {
  const subject = await readSubject(database, studyInstanceUid);
  const content = await contentOfRejection(database, rejectionId);
  if (subject === undefined || content === undefined) return 'empty';
  const { finding, holds } = judgeStudy(subject, request);
  const { decidedBy, earliestDisposition } = finding;
  if (!hasMinimumPassed(finding) || decidedBy === undefined || earliestDisposition === undefined)
    return finding.problems.length > 0 || earliestDisposition === undefined ? 'review' : 'kept';
  if (holds.length > 0) return 'held';
  if ((await studiesInQuarantine(database, [studyInstanceUid])).size > 0) return 'quarantined';
  return {
    studyInstanceUid,
    facility: content.facility,
    rejectionId,
    contentSha256: content.sha256,
    rule: decidedBy.id,
    action: 'destroy',
    earliestDisposition,
    instances: content.instances,
    bytes: content.bytes,
  };
}
