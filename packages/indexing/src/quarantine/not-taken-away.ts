/** No decision on quarantine brings back what was rejected or disposed of. */
import { type Quarantined, readExisting } from '@sandyq/database';
import { QuarantineError } from '../errors.ts';
import { faultOfTakenAway, REJECTED } from '../taken-away.ts';
import type { QuarantinePorts } from './quarantine-ports.ts';

/** Throws QuarantineError('taken-away') for an entry whose SOP Instance UID belongs to such an instance. */
export async function assertNotTakenAway(
  { database }: Pick<QuarantinePorts, 'database'>,
  { quarantineId, sopInstanceUid }: Quarantined,
): Promise<void> {
  if (sopInstanceUid === undefined) return;
  const holder = (await readExisting(database, [sopInstanceUid])).get(sopInstanceUid);
  const fault = await faultOfTakenAway(database, sopInstanceUid, holder);
  if (fault === undefined) return;
  const advice =
    fault === REJECTED
      ? 'Restore it first, or discard the entry.'
      : 'What was disposed of is not taken in again: its sender has to give the content a new SOP Instance UID.';
  throw new QuarantineError('taken-away', `Quarantine entry ${quarantineId}: ${fault.message}. ${advice}`);
}
