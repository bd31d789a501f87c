/** What a fixity run has read and found, as it is kept, printed and answered: plain JSON. */
import type { InstanceInSegment } from '@sandyq/database';
import type { SegmentFault } from '@sandyq/storage';

/** What was read so far. */
export interface FixityCounts {
  segments: number;
  quarantineObjects: number;
  journalBatches: number;
  /** Objects of the replica. */
  replicaObjects: number;
  bytes: number;
}

/** One object that is not what was acknowledged. */
export interface FixityFinding {
  readonly kind: 'segment' | 'quarantine' | 'journal';
  readonly store: 'primary' | 'replica';
  readonly key: string;
  readonly condition: 'missing' | 'damaged';
  /** Where, and what: of a segment each fault with its part and first byte. */
  readonly faults: readonly Pick<SegmentFault, 'part' | 'offset' | 'message' | 'ordinal'>[];
  /** Whose bytes are concerned. */
  readonly instances: readonly Omit<InstanceInSegment, 'ordinal'>[];
  /** `found`: nobody was asked to repair it. */
  readonly outcome: 'found' | 'repaired' | 'not-repairable';
  /** Why it is not repairable, or how it was repaired. */
  readonly remark?: string;
}

export interface FixityReport {
  readonly read: FixityCounts;
  readonly findings: FixityFinding[];
}

export function emptyReport(): FixityReport {
  return {
    read: { segments: 0, quarantineObjects: 0, journalBatches: 0, replicaObjects: 0, bytes: 0 },
    findings: [],
  };
}

/** How a report comes out. */
export interface FixitySummary {
  readonly damaged: number;
  readonly repaired: number;
  readonly notRepairable: number;
  /** Whether damage remains that this run has found. */
  readonly isWhole: boolean;
}

export function summaryOf({ findings }: FixityReport): FixitySummary {
  const repaired = findings.filter(({ outcome }) => outcome === 'repaired').length;
  const notRepairable = findings.filter(({ outcome }) => outcome === 'not-repairable').length;
  return { damaged: findings.length, repaired, notRepairable, isWhole: repaired === findings.length };
}

/** A finding that was there before is replaced: a run that goes on may meet it again. */
export function addFinding({ findings }: FixityReport, finding: FixityFinding): void {
  const known = findings.findIndex(({ key, store }) => key === finding.key && store === finding.store);
  if (known >= 0) findings[known] = finding;
  else findings.push(finding);
}
