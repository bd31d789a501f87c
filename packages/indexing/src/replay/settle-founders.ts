/** Studies and series whose founder was removed: what the next earliest instance says is read from its segment. */
import { type Database, type Founder, type FounderDue, foundersDue, recordFounder } from '@sandyq/database';
import type { DicomJson } from '@sandyq/dicom';
import { isStorageError, type ObjectStore, openSegmentTail, originalsOf, originOf } from '@sandyq/storage';
import type { Logger } from '@sandyq/telemetry';
import type { Directory } from '../directory.ts';
import { instanceCommitOf } from '../index-segment.ts';
import { deviceOf, equipmentOf } from '../sender.ts';
import { senderOf } from './senders.ts';

export interface SettleFoundersPorts {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly directory: Directory;
  readonly logger: Logger;
}

const AT_A_TIME = 100;

/** Returns how many studies and series are known by their new founders. What can't be read now is tried again later. */
export async function settleFounders(ports: SettleFoundersPorts): Promise<number> {
  let settled = 0;
  for (const due of await foundersDue(ports.database, AT_A_TIME)) {
    try {
      const founder = await readFounder(ports, due);
      if (founder === undefined) continue;
      await recordFounder(ports.database, due, founder);
      settled += 1;
    } catch (error) {
      if (!isStorageError(error)) throw error;
      ports.logger.error('founder-not-read', { key: due.objectKey, error });
    }
  }
  return settled;
}

async function readFounder(ports: SettleFoundersPorts, due: FounderDue): Promise<Founder | undefined> {
  const { segment, metadata } = await openSegmentTail(ports.store, due.objectKey);
  const { receipt } = segment;
  const entry = receipt.entries.find(({ ordinal }) => ordinal === due.ordinal);
  const text = metadata.get(due.ordinal);
  if (entry?.sopInstanceUid !== due.sopInstanceUid || text === undefined) return undefined;
  const original = originalsOf(receipt).find(({ segmentId }) => segmentId === originOf(receipt, entry));
  const sender = await senderOf(ports, original ?? receipt);
  const json = JSON.parse(text) as DicomJson;
  const instance = await instanceCommitOf(
    { entry, json, metadata: Buffer.from(text) },
    sender,
    ports.directory,
  );
  const receivedAt = new Date((original ?? receipt).receivedAt);
  return {
    segment: { receivedAt, deviceId: deviceOf(sender, equipmentOf(json))?.deviceId },
    instance,
  };
}
