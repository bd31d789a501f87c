/** How the bytes of a stored instance came: a rewrite takes them elsewhere, and its receipt tells where from. */
import { type ExistingInstance, ensureFacility, type InstanceOrigin } from '@sandyq/database';
import type { DicomJson } from '@sandyq/dicom';
import { openSegment, readSegmentMetadata, StorageError } from '@sandyq/storage';
import { deviceOf, equipmentOf } from '../sender.ts';
import type { QuarantinePorts } from './quarantine-ports.ts';

/** Throws StorageError where the segment cannot be read. */
export async function originOf(
  { store, directory, database }: Pick<QuarantinePorts, 'store' | 'directory' | 'database'>,
  { objectKey, ordinal }: ExistingInstance,
): Promise<InstanceOrigin> {
  const { receipt } = await openSegment(store, objectKey);
  const entry = receipt.entries.find((one) => one.ordinal === ordinal);
  const original =
    entry?.origin === undefined
      ? receipt
      : receipt.originals.find(({ segmentId }) => segmentId === entry.origin);
  if (entry === undefined || original === undefined) {
    throw new StorageError('damaged', `${objectKey} has no entry ${ordinal}`);
  }
  const code = original.facility ?? 'unknown';
  const facility =
    (await directory.facilityByCode(code)) ?? (await ensureFacility(database, { code, name: code }));
  const devices = await directory.devicesOf(facility.facilityId);
  const device = devices.find((one) => one.code === original.device);
  const text = (await readSegmentMetadata(store, objectKey, receipt)).get(ordinal);
  const json = text === undefined ? {} : (JSON.parse(text) as DicomJson);
  const sender = { principalId: original.principal, facility, device, devices };
  return {
    segmentId: original.segmentId,
    principalId: original.principal,
    facilityId: facility.facilityId,
    deviceId: deviceOf(sender, equipmentOf(json))?.deviceId,
    receivedAt: new Date(original.receivedAt),
  };
}
