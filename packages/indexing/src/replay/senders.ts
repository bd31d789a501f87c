/** Who sent what is replayed, as the receipt of the original segment certifies it, and where codes are in this database. */
import { type Device, ensureFacility, type Facility } from '@sandyq/database';
import type { SegmentReceipt } from '@sandyq/storage';
import type { Sender } from '../sender.ts';
import type { IndexingPorts } from '../stored-segment.ts';

type SenderPorts = Pick<IndexingPorts, 'database' | 'directory'>;

/**
 * The sender of a segment as it was received. A device that was registered later has no part in it: what was sent before
 * was not tied to it.
 */
export async function senderOf(ports: SenderPorts, original: SegmentReceipt): Promise<Sender> {
  const facility = await facilityOf(ports, original.facility ?? 'unknown');
  const devices = await ports.directory.devicesOf(facility.facilityId);
  const receivedAt = new Date(original.receivedAt);
  return {
    principalId: original.principal,
    facility,
    device: devices.find((device) => device.code === original.device),
    devices: devices.filter((device) => device.createdAt <= receivedAt),
  };
}

/** A facility that the database has lost is made again under its code. */
export async function facilityOf({ directory, database }: SenderPorts, code: string): Promise<Facility> {
  const known = await directory.facilityByCode(code);
  return known ?? ensureFacility(database, { code, name: code });
}

/** The device of this code, if the facility has it. */
export async function deviceOfCode(
  { directory }: SenderPorts,
  facility: Facility,
  code: string | undefined,
): Promise<Device | undefined> {
  if (code === undefined) return undefined;
  const devices = await directory.devicesOf(facility.facilityId);
  return devices.find((device) => device.code === code);
}
