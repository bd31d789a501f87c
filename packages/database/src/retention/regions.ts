/** What schedules know of senders beside their names: the region of a facility, the day from which a device was in use. */
import type { Queryable } from '../database.ts';
import { writeJournalLine } from '../journal.ts';
import { one, rows } from '../read-rows.ts';
import { lockRegisters } from './registers-lock.ts';

/**
 * Says in which region a facility is, with its journal line; undefined: that is not known. Call it within a transaction, and
 * report it when that line is durable. Throws DatabaseError('not-found').
 */
export async function setFacilityRegion(
  client: Queryable,
  { code, region }: { readonly code: string; readonly region: string | undefined },
  decidedBy: string,
): Promise<void> {
  await lockRegisters(client);
  const changed = await rows(
    client,
    'update facility set region = $2 where code = $1 returning facility_id as id',
    [code, region ?? null],
  );
  one(changed, `facility ${code}`);
  await writeJournalLine(client, { kind: 'facility-changed', decidedBy, fact: { code, region } });
}

/** Likewise the first day on which a device was in use (`YYYY-MM-DD`): studies of before have a wrong clock. */
export async function setDeviceCommissioned(
  client: Queryable,
  { code, commissionedOn }: { readonly code: string; readonly commissionedOn: string | undefined },
  decidedBy: string,
): Promise<void> {
  await lockRegisters(client);
  const changed = await rows<{ facility: string }>(
    client,
    `update device d set commissioned_on = $2 from facility f
      where d.code = $1 and f.facility_id = d.facility_id returning f.code as facility`,
    [code, commissionedOn ?? null],
  );
  const { facility } = one(changed, `device ${code}`);
  await writeJournalLine(client, {
    kind: 'device-changed',
    decidedBy,
    fact: { facility, code, commissionedOn },
  });
}
