/** What a schedule would mean, before anybody adopts it: every study is judged by it, and nothing is changed. */
import { activeHolds, type Database, facilityByCode, sizesOfStudies, streamSubjects } from '@sandyq/database';
import { detailsAskedBy, evaluate, type RetentionSchedule } from '@sandyq/retention';
import { scheduleInForce } from '../schedules/schedule-in-force.ts';
import { judgeStudy } from './judge-study.ts';
import { type WhatIf, WhatIfTally } from './what-if-tally.ts';

/** What is asked, and who is told how far it is. */
export interface WhatIfRequest {
  readonly rules: RetentionSchedule;
  /** Code: only studies of this facility. */
  readonly facility?: string | undefined;
  readonly now: Date;
  readonly signal?: AbortSignal | undefined;
  /** Called with the studies that were judged. */
  readonly onProgress?: ((studies: number) => void) | undefined;
}

const NO_SIZE = { instances: 0, bytes: 0 };

/** Throws DatabaseError('not-found') for a facility that there is not. */
export async function whatIf(database: Database, request: WhatIfRequest): Promise<WhatIf> {
  const { rules, facility, now, signal, onProgress } = request;
  const facilityId =
    facility === undefined ? undefined : (await facilityByCode(database, facility)).facilityId;
  const inForce = (await scheduleInForce(database, now))?.rules;
  const isSame = inForce?.schedule === rules.schedule && inForce.version === rules.version;
  const compared = isSame ? undefined : inForce;
  const holds = await activeHolds(database);
  const details = detailsAskedBy({ schedules: [rules, compared], holds });
  const tally = new WhatIfTally({ isCompared: compared !== undefined });
  for await (const subjects of streamSubjects(database, { details, facilityId, signal })) {
    const uids = subjects.map(({ studyInstanceUid }) => studyInstanceUid);
    const sizes = await sizesOfStudies(database, uids);
    for (const subject of subjects) {
      const judged = judgeStudy(subject, { rules, holds, now });
      const verdictInForce = compared && evaluate(compared, subject, now).verdict;
      tally.add(judged, sizes.get(subject.studyInstanceUid) ?? NO_SIZE, verdictInForce);
    }
    onProgress?.(tally.studies);
  }
  return tally.result();
}
