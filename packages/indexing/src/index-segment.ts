/** A stored segment on its way into the index: one commit, then a verdict for every entry. */
import { gzipSync } from 'node:zlib';
import {
  type CommitOutcome,
  type InstanceCommit,
  isVerdictDue,
  recordVerdictsGiven,
  type SegmentCommit,
} from '@sandyq/database';
import type { ReceiptEntry, SegmentReceipt } from '@sandyq/storage';
import { clockOffsetMs } from './clock-offset.ts';
import type { Directory } from './directory.ts';
import { judge, type Verdict } from './judge.ts';
import { accessionIssuerOf, deviceOf, equipmentOf, patientIdentityOf, type Sender } from './sender.ts';
import type { IndexingPorts, StoredInstance, StoredSegment } from './stored-segment.ts';

/**
 * Commits the instances of a segment; resolves with a verdict for each, index-aligned, when the index is durable. `stored`
 * resolves when the segment is an object of the store; without it, it is. Throws StorageError, DatabaseError and
 * what `stored` rejects with: then nothing is known, and the same call may be repeated.
 */
export async function indexSegment(
  ports: IndexingPorts,
  sender: Sender,
  segment: StoredSegment,
  instances: readonly StoredInstance[],
  stored?: Promise<unknown>,
): Promise<Verdict[]> {
  const commit = await segmentCommitOf(ports, sender, segment, instances);
  const outcomes = await ports.groupCommit.submit(commit, stored);
  const verdicts: Verdict[] = [];
  for (const [index, instance] of instances.entries()) {
    const outcome: CommitOutcome = outcomes[index] ?? { kind: 'failed', sqlState: undefined };
    verdicts.push(await judge(ports, { instance, segment, sender }, outcome));
  }
  if (outcomes.some(isVerdictDue)) await recordVerdictsGiven(ports.database, segment.id);
  return verdicts;
}

/** What the index is told of these instances of a segment. */
export async function segmentCommitOf(
  { directory }: Pick<IndexingPorts, 'directory'>,
  sender: Sender,
  { id, key, size, receipt, receiptSha256 }: StoredSegment,
  instances: readonly StoredInstance[],
): Promise<SegmentCommit> {
  const [first] = instances;
  const receivedAt = new Date(originalOf(receipt, first?.entry).receivedAt);
  return {
    segmentId: id,
    objectKey: key,
    studyInstanceUid: receipt.studyInstanceUid,
    seriesInstanceUid: receipt.seriesInstanceUid,
    facilityId: sender.facility.facilityId,
    deviceId: first && deviceOf(sender, equipmentOf(first.json))?.deviceId,
    principalId: sender.principalId,
    sizeBytes: size,
    receiptSha256: Buffer.from(receiptSha256, 'hex'),
    receivedAt,
    clockOffsetMs: first && clockOffsetMs(first.json, receivedAt),
    instances: await Promise.all(instances.map((instance) => instanceCommitOf(instance, sender, directory))),
  };
}

/** The receipt under which the entry came in: of a rewrite's entry the original that certifies it. */
function originalOf(receipt: SegmentReceipt, entry: ReceiptEntry | undefined): SegmentReceipt {
  if (entry?.origin === undefined) return receipt;
  return receipt.originals.find(({ segmentId }) => segmentId === entry.origin) ?? receipt;
}

/** What the index is told of one instance. */
export async function instanceCommitOf(
  { entry, json, metadata }: StoredInstance,
  sender: Sender,
  directory: Directory,
  compress: (bytes: Uint8Array) => Buffer | Promise<Buffer> = compressAtOnce,
): Promise<InstanceCommit> {
  const defaults = { facility: sender.facility, device: deviceOf(sender, equipmentOf(json)) };
  return {
    sopInstanceUid: entry.sopInstanceUid,
    sopClassUid: entry.sopClassUid,
    transferSyntaxUid: entry.transferSyntaxUid,
    ordinal: entry.ordinal,
    entryOffset: entry.offset,
    entryLength: entry.length,
    sha256: Buffer.from(entry.sha256, 'hex'),
    pixelData: entry.pixelData,
    bulkData: entry.bulk ?? [],
    crc32: Buffer.from(entry.crc32, 'base64'),
    characterSet: entry.characterSet,
    patient: await patientIdentityOf(json, defaults, directory),
    accessionIssuerId: await accessionIssuerOf(json, defaults, directory),
    json,
    metadataGzip: await compress(metadata),
    originSegmentId: entry.origin,
  };
}

/** A sender waits for one or a few: another thread would be later. */
function compressAtOnce(bytes: Uint8Array): Buffer {
  return gzipSync(bytes, { level: 1 });
}
