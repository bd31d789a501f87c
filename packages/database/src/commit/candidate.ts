/** One instance on its way through the commit, with the segment it came in. */
import type { InstanceCommit, SegmentCommit } from './facts.ts';
import type { SeriesKeys } from './series-keys.ts';

export interface Candidate {
  readonly segment: SegmentCommit;
  readonly instance: InstanceCommit;
  readonly keys: SeriesKeys;
}

/** How a new instance stands to the patient and the facility of its study (design §2.6). */
export type Standing = 'active' | 'identity-conflict' | 'facility-conflict';
