/** Puts on record what reading a segment or a quarantine object again has shown, and says so once where it is bad. */
import {
  type Database,
  findSegmentToVerify,
  postponeReplication,
  type QuarantineToVerify,
  recordQuarantineVerified,
  recordRepaired,
  recordSegmentVerified,
  replaceDamage,
  type SegmentToVerify,
} from '@sandyq/database';
import type { Logger } from '@sandyq/telemetry';
import type { BytesCheck } from './check-bytes.ts';
import { describeCheck, type SegmentCheck } from './check-segment.ts';

interface Ports {
  readonly database: Database;
  readonly logger: Logger;
}

/** `since`: what is read now counts as read then or later. False: the segment was rewritten or deleted meanwhile, and what was found says nothing. */
export async function recordSegmentCheck(
  { database, logger }: Ports,
  { segmentId, objectKey }: SegmentToVerify,
  check: SegmentCheck,
  since: Date,
): Promise<boolean> {
  const known = await database.inTransaction(async (client) => {
    const segment = await findSegmentToVerify(client, segmentId);
    if (segment === undefined) return undefined;
    if (check.outcome !== 'whole') {
      await replaceDamage(client, {
        segmentId,
        ordinals: check.ordinals,
        kind: check.outcome,
        what: describeCheck(check),
        foundBy: 'fixity',
      });
    } else if (segment.condition !== 'whole') {
      await recordRepaired(client, segmentId);
      // It was not copied while it was damaged.
      await postponeReplication(client, { kind: 'segment', id: segmentId }, { seconds: 0 });
    }
    await recordSegmentVerified(client, segmentId, since);
    return segment;
  });
  if (known === undefined) return false;
  if (known.condition === check.outcome) return true;
  if (check.outcome === 'whole') logger.info('segment-whole-again', { segmentId });
  else {
    const [first] = check.faults;
    logger.error('segment-damaged', {
      segmentId,
      objectKey,
      kind: check.outcome,
      ...(first !== undefined && { component: first.part, offset: first.offset }),
      faults: check.faults.length,
    });
  }
  return true;
}

/** As {@link recordSegmentCheck}. */
export async function recordQuarantineCheck(
  { database, logger }: Ports,
  quarantined: QuarantineToVerify,
  { outcome }: BytesCheck,
  since: Date,
): Promise<boolean> {
  const isOpen = await recordQuarantineVerified(database, quarantined, outcome, since);
  if (isOpen && outcome !== 'whole' && quarantined.condition !== outcome) {
    const { quarantineId, objectKey } = quarantined;
    logger.error('quarantine-object-damaged', { quarantineId, objectKey, kind: outcome });
  }
  return isOpen;
}
