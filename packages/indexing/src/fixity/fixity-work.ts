/** What one run of reading again is made of: what is asked, where it reads, and whom it tells. */
import type { ObjectStore } from '@sandyq/storage';
import type { RepairPorts } from './repair-ports.ts';
import type { FixityCounts, FixityFinding } from './report.ts';

/** What to read. */
export interface FixityRequest {
  /** What was read at this time or later is left out. */
  readonly before: Date;
  /** Only the segments of this study: neither quarantine nor journal. */
  readonly studyInstanceUid?: string | undefined;
  /** Repair what can be repaired. */
  readonly repair: boolean;
  /** Read the replica, too. */
  readonly replica: boolean;
}

/** Handed from part to part. */
export interface FixityWork {
  readonly ports: RepairPorts;
  readonly request: FixityRequest;
  /** The store, at the rate. */
  readonly store: ObjectStore;
  /** The replica, at the same rate. */
  readonly replica: ObjectStore | undefined;
  readonly signal: AbortSignal | undefined;
  /** One more object was read. */
  count(what: Exclude<keyof FixityCounts, 'bytes'>, bytes: number, objects?: number): void;
  /** Something is not what it must be; resolves when that is kept. */
  found(finding: FixityFinding): Promise<void>;
}
