/** Reading again in the background: one object at a time, by one process at a time, at the archive's rate. */
import {
  asOnlyFixityCheck,
  type Database,
  databaseTime,
  quarantineToVerify,
  segmentsToVerify,
} from '@sandyq/database';
import type { ObjectStore } from '@sandyq/storage';
import type { Logger } from '@sandyq/telemetry';
import { checkBytes } from './check-bytes.ts';
import { checkSegment } from './check-segment.ts';
import { recordQuarantineCheck, recordSegmentCheck } from './record-check.ts';

interface Ports {
  readonly database: Database;
  /** Read at the rate. */
  readonly store: ObjectStore;
  readonly logger: Logger;
}

const DAY_MS = 86_400_000;

/** What one call has read. */
export interface CheckedObject {
  readonly kind: 'segment' | 'quarantine';
  readonly outcome: 'whole' | 'damaged' | 'missing';
  readonly bytes: number;
}

/**
 * Reads the segment or quarantine object that was not read for longest, if that is `intervalDays` ago, and records what
 * it finds. Undefined: nothing is due, or another process is at it.
 */
export function checkDue(
  ports: Ports,
  intervalDays: number,
  signal: AbortSignal,
): Promise<CheckedObject | undefined> {
  return asOnlyFixityCheck(ports.database, async () => {
    const now = await databaseTime(ports.database);
    const before = new Date(now.getTime() - intervalDays * DAY_MS);
    return (await checkSegmentDue(ports, before, signal)) ?? checkQuarantineDue(ports, before, signal);
  });
}

async function checkSegmentDue(
  ports: Ports,
  before: Date,
  signal: AbortSignal,
): Promise<CheckedObject | undefined> {
  const [segment] = await segmentsToVerify(ports.database, { before }, { limit: 1 });
  if (segment === undefined) return undefined;
  const check = await checkSegment(ports.store, segment, signal);
  await recordSegmentCheck(ports, segment, check, before);
  return { kind: 'segment', outcome: check.outcome, bytes: check.bytesRead };
}

async function checkQuarantineDue(
  ports: Ports,
  before: Date,
  signal: AbortSignal,
): Promise<CheckedObject | undefined> {
  const [quarantined] = await quarantineToVerify(ports.database, before, 1);
  if (quarantined === undefined) return undefined;
  const check = await checkBytes(ports.store, quarantined, signal);
  await recordQuarantineCheck(ports, quarantined, check, before);
  return { kind: 'quarantine', outcome: check.outcome, bytes: check.bytesRead };
}
