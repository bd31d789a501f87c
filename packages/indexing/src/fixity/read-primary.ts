/** Reads segments and quarantine objects of the store again, records what was found, and repairs it if that is wanted. */
import {
  type QuarantineToVerify,
  quarantineToVerify,
  type SegmentToVerify,
  segmentsNotWhole,
  segmentsToVerify,
} from '@sandyq/database';
import { checkBytes } from './check-bytes.ts';
import { checkSegment } from './check-segment.ts';
import { attemptRepair, outcomeOf, segmentDamage } from './findings.ts';
import type { FixityWork } from './fixity-work.ts';
import { recordQuarantineCheck, recordSegmentCheck } from './record-check.ts';
import { repairQuarantine } from './repair-quarantine.ts';
import { repairSegment } from './repair-segment.ts';

/** Segments read at the same time. */
const READ_AT_ONCE = 4;
const PAGE = 32;

/** Segments that are on record as damaged: read and repaired first, however lately they were read. */
export async function readKnownDamage(work: FixityWork): Promise<void> {
  let after: string | undefined;
  for (;;) {
    const page = await segmentsNotWhole(work.ports.database, { after, limit: PAGE });
    for (const segment of page) await readSegment(work, segment);
    after = page.at(-1)?.segmentId;
    if (after === undefined) return;
  }
}

/** Every segment that was not read since `before`, those that were not read for longest first. */
export async function readSegments(work: FixityWork): Promise<void> {
  const { before, studyInstanceUid } = work.request;
  const reading = new Set<string>();
  let queue: SegmentToVerify[] = [];
  // One asks for all: whoever finds the queue empty meanwhile waits for the same page.
  let asking: Promise<void> | undefined;
  let hasFailed = false;
  const ask = async (): Promise<void> => {
    queue = await segmentsToVerify(
      work.ports.database,
      { before, studyInstanceUid },
      { limit: PAGE, skip: [...reading] },
    );
  };
  const next = async (): Promise<SegmentToVerify | undefined> => {
    if (hasFailed) return undefined;
    if (queue.length === 0) {
      asking ??= ask();
      await asking;
      asking = undefined;
    }
    return queue.shift();
  };
  const reader = async (): Promise<void> => {
    for (let segment = await next(); segment !== undefined; segment = await next()) {
      reading.add(segment.segmentId);
      await readSegment(work, segment);
      reading.delete(segment.segmentId);
    }
  };
  // Nobody goes on reading once this has ended.
  const ends = await Promise.allSettled(
    Array.from({ length: READ_AT_ONCE }, async () => {
      try {
        await reader();
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }),
  );
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** One segment. */
export async function readSegment(work: FixityWork, segment: SegmentToVerify): Promise<void> {
  const { ports, request, signal } = work;
  const check = await checkSegment(work.store, segment, signal);
  work.count('segments', check.bytesRead);
  if (!(await recordSegmentCheck(ports, segment, check, request.before))) return;
  const { outcome } = check;
  if (outcome === 'whole') return;
  const damage = await segmentDamage(ports, segment, { ...check, outcome });
  const repair = request.repair
    ? await attemptRepair(ports, segment.objectKey, () => repairSegment(ports, segment, check, signal))
    : undefined;
  await work.found({ ...damage, ...outcomeOf(repair) });
}

/** Every quarantine object that was not read since `before`. */
export async function readQuarantine(work: FixityWork): Promise<void> {
  for (;;) {
    const page = await quarantineToVerify(work.ports.database, work.request.before, PAGE);
    for (const quarantined of page) await readQuarantined(work, quarantined);
    if (page.length === 0) return;
  }
}

/** One quarantine object. */
export async function readQuarantined(work: FixityWork, quarantined: QuarantineToVerify): Promise<void> {
  const { ports, request, signal } = work;
  const check = await checkBytes(work.store, quarantined, signal);
  work.count('quarantineObjects', check.bytesRead);
  if (!(await recordQuarantineCheck(ports, quarantined, check, request.before))) return;
  if (check.outcome === 'whole') return;
  const { objectKey } = quarantined;
  const repair = request.repair
    ? await attemptRepair(ports, objectKey, () => repairQuarantine(ports, quarantined, signal))
    : undefined;
  if (repair?.isRepaired === true) {
    await recordQuarantineCheck(ports, quarantined, { ...check, outcome: 'whole' }, request.before);
  }
  await work.found({
    kind: 'quarantine',
    store: 'primary',
    key: objectKey,
    condition: check.outcome,
    faults: [],
    instances: [],
    ...outcomeOf(repair),
  });
}
