/** From what was read to what a report says of it. */
import { type InstanceInSegment, instancesInSegment, type SegmentToVerify } from '@sandyq/database';
import { isStorageError } from '@sandyq/storage';
import type { JournalFinding } from './check-journal.ts';
import type { SegmentCheck } from './check-segment.ts';
import { notRepairable, type Repair, type RepairPorts } from './repair-ports.ts';
import type { FixityFinding } from './report.ts';

/** What became of it; undefined: nobody asked for a repair. */
export function outcomeOf(repair: Repair | undefined): Pick<FixityFinding, 'outcome' | 'remark'> {
  if (repair === undefined) return { outcome: 'found' };
  return { outcome: repair.isRepaired ? 'repaired' : 'not-repairable', remark: repair.remark };
}

/** The damage of a segment, with the instances that it concerns. To be asked before it is repaired. */
export async function segmentDamage(
  { database }: Pick<RepairPorts, 'database'>,
  { segmentId, objectKey }: SegmentToVerify,
  check: SegmentCheck & { readonly outcome: 'missing' | 'damaged' },
): Promise<Omit<FixityFinding, 'outcome' | 'remark'>> {
  const instances = await instancesInSegment(database, segmentId, check.ordinals);
  return {
    kind: 'segment',
    store: 'primary',
    key: objectKey,
    condition: check.outcome,
    faults: faultsOf(check),
    instances: instances.map(withoutOrdinal),
  };
}

export function faultsOf({ faults }: SegmentCheck): FixityFinding['faults'] {
  return faults.map(({ part, offset, message, ordinal }) => ({
    part,
    offset,
    message,
    ...(ordinal !== undefined && { ordinal }),
  }));
}

function withoutOrdinal({ studyInstanceUid, seriesInstanceUid, sopInstanceUid }: InstanceInSegment) {
  return { studyInstanceUid, seriesInstanceUid, sopInstanceUid };
}

export function journalDamage({ key, condition, message, repair }: JournalFinding): FixityFinding {
  const faults = [{ part: 'entry', offset: 0, message }] as const;
  return { kind: 'journal', store: 'primary', key, condition, faults, instances: [], ...outcomeOf(repair) };
}

/** A store that is away, or that does not let an object go, leaves damage behind; the run goes on. */
export async function attemptRepair(
  { logger }: Pick<RepairPorts, 'logger'>,
  objectKey: string,
  repair: () => Promise<Repair>,
): Promise<Repair> {
  try {
    return await repair();
  } catch (error) {
    if (!isStorageError(error) || error.code === 'aborted') throw error;
    logger.error('repair-failed', { error, objectKey });
    return notRepairable(`it could not be repaired now: ${error.code}`);
  }
}
