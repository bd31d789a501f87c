/** A refused instance that lies in a segment, with everything the index needs of it, and who sent it. */
import type { Quarantined } from '@sandyq/database';
import type { DicomJson } from '@sandyq/dicom';
import { openSegment, readSegmentMetadata, StorageError } from '@sandyq/storage';
import type { Directory } from '../directory.ts';
import type { Sender } from '../sender.ts';
import type { StoredInstance, StoredSegment } from '../stored-segment.ts';
import type { QuarantinePorts } from './quarantine-ports.ts';
import { assertKeptWhole, entryAt } from './read-kept.ts';

/** One entry of a segment and its segment. */
export interface KeptInstance {
  readonly instance: StoredInstance;
  readonly segment: StoredSegment;
}

/** Re-reads every byte of the instance and its metadata. Throws StorageError. */
export async function openKeptInstance(
  { store }: Pick<QuarantinePorts, 'store'>,
  entry: Quarantined,
): Promise<KeptInstance> {
  await assertKeptWhole(store, entry);
  const key = entry.objectKey;
  const { receipt, receiptSha256, size } = await openSegment(store, key);
  const certified = entryAt(receipt.entries, entry);
  const text = (await readSegmentMetadata(store, key, receipt)).get(certified.ordinal);
  if (text === undefined)
    throw new StorageError('damaged', `${key} has no metadata of entry ${certified.ordinal}`);
  return {
    instance: { entry: certified, json: JSON.parse(text) as DicomJson, metadata: Buffer.from(text) },
    segment: { id: receipt.segmentId, key, size, receipt, receiptSha256 },
  };
}

/** Who sent what lies in quarantine. */
export async function senderOfKept(directory: Directory, entry: Quarantined): Promise<Sender> {
  const facility = await directory.facility(entry.facilityId);
  if (facility === undefined) throw new TypeError('every quarantine entry has its facility');
  const devices = await directory.devicesOf(facility.facilityId);
  return {
    principalId: entry.principalId,
    facility,
    device: devices.find(({ deviceId }) => deviceId === entry.deviceId),
    devices,
  };
}
