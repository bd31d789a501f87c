/** The replacement of an instance that this database still takes for the holder of its UID. */
import type { JournalFacts, JournalLine } from '@sandyq/storage';
import { readExisting } from './commit/claim-sop-instances.ts';
import { listReplaced, takeOutInstance } from './commit/remove-instance.ts';
import type { Queryable } from './database.ts';
import { freeQuarantineId } from './journal-decisions.ts';
import { deviceIdOf, facilityIdOf } from './journal-principals.ts';

/** Takes the instance out if its UID is held by these very bytes. False: by others, or by none. */
export async function applyInstanceReplaced(
  client: Queryable,
  fact: JournalFacts['instance-replaced'],
  { decidedBy, occurredAt }: Pick<JournalLine, 'decidedBy' | 'occurredAt'>,
): Promise<boolean> {
  const { sopInstanceUid, sha256, device } = fact;
  const holder = (await readExisting(client, [sopInstanceUid])).get(sopInstanceUid);
  if (holder === undefined || holder.sha256.toString('hex') !== sha256) return false;
  if (holder.state !== 'active' && holder.state !== 'identity-conflict') return false;
  const now = new Date(occurredAt);
  await takeOutInstance(client, holder, now);
  await listReplaced(client, holder, {
    quarantineId: await freeQuarantineId(client, fact.quarantineId),
    byQuarantineId: fact.byQuarantineId,
    reason: fact.reason,
    message: fact.message,
    decidedBy,
    now,
    origin: {
      segmentId: fact.segmentId,
      principalId: fact.principal,
      facilityId: await facilityIdOf(client, fact.facility),
      deviceId: device === undefined ? undefined : await deviceIdOf(client, device),
      receivedAt: new Date(fact.receivedAt),
    },
  });
  return true;
}
