/**
 * The verdict on a newcomer whose SOP Instance UID is taken (design §2.5): both are read back, verified, and compared
 * by content. Never from memory, never when the store is away.
 */
import {
  type CommitOutcome,
  type ExistingInstance,
  recordKnownEncoding,
  recordProposedCorrection,
  recordQuarantine,
  settleSegment,
} from '@sandyq/database';
import { type ContentComparison, compareContent, digestContent } from '@sandyq/dicom';
import type { FailureReasonName, WarningReasonName } from '@sandyq/dicomweb';
import { type EntryReference, entryReference, readEntry } from '@sandyq/storage';
import { deviceOf, equipmentOf, type Sender } from './sender.ts';
import type { IndexingPorts, StoredInstance, StoredSegment } from './stored-segment.ts';

/** What becomes of an instance, as its sender is told. */
export type Verdict =
  | {
      readonly kind: 'stored';
      readonly warning?: WarningReasonName;
      /** The archive held it before; its sender is told of success either way. */
      readonly isKnown?: true;
    }
  | { readonly kind: 'failed'; readonly reason: FailureReasonName };

/** An instance of a stored segment. */
export interface Newcomer {
  readonly instance: StoredInstance;
  readonly segment: StoredSegment;
  readonly sender: Sender;
}

type JudgePorts = Pick<IndexingPorts, 'database' | 'store'>;

/** Why a newcomer is kept but not accepted. */
interface Refusal {
  readonly reason: FailureReasonName;
  /** What is wrong; never a value of the data set. */
  readonly message: string;
}

/** Turns what the index said into the sender's verdict, and records what must be kept. */
export async function judge(ports: JudgePorts, newcomer: Newcomer, outcome: CommitOutcome): Promise<Verdict> {
  switch (outcome.kind) {
    case 'stored':
      return { kind: 'stored' };
    case 'identity-conflict':
      return { kind: 'stored', warning: 'identity-conflict' };
    case 'facility-conflict':
      return quarantine(ports, newcomer, {
        reason: 'foreign-study',
        message: 'the study belongs to a patient of another facility',
      });
    case 'failed':
      return quarantine(ports, newcomer, {
        reason: 'processing-failure',
        message: `the index cannot hold a value of the data set [${outcome.sqlState ?? 'unknown'}]`,
      });
    case 'exists':
      return judgeAgainst(ports, newcomer, outcome.existing);
    default:
      return outcome satisfies never;
  }
}

async function judgeAgainst(
  ports: JudgePorts,
  newcomer: Newcomer,
  existing: ExistingInstance,
): Promise<Verdict> {
  const held = existing.state === 'identity-conflict' ? ({ warning: 'identity-conflict' } as const) : {};
  const comparison = await compare(ports, newcomer, existing);
  switch (comparison) {
    case 'equal':
      await noteEqual(ports, newcomer, true);
      return { kind: 'stored', isKnown: true, ...held };
    case 'equal-in-another-encoding':
      await noteEqual(ports, newcomer, false);
      return { kind: 'stored', warning: 'equal-in-another-encoding' };
    case 'patient-or-study-attributes-differ':
      return proposeCorrection(ports, newcomer, existing);
    case 'different':
      return quarantine(ports, newcomer, {
        reason: 'duplicate-sop-instance',
        message: 'another instance with other content has this SOP Instance UID',
      });
    default:
      return comparison satisfies never;
  }
}

async function noteEqual(
  { database }: JudgePorts,
  { instance, segment }: Newcomer,
  isSameEncoding: boolean,
): Promise<void> {
  const { sopInstanceUid } = instance.entry;
  const sha256 = Buffer.from(instance.entry.sha256, 'hex');
  await recordKnownEncoding(database, { sopInstanceUid, sha256, segmentId: segment.id, isSameEncoding });
}

async function compare(
  { store }: JudgePorts,
  { instance, segment }: Newcomer,
  existing: ExistingInstance,
): Promise<ContentComparison> {
  if (existing.sha256.toString('hex') === instance.entry.sha256) return 'equal';
  const reference: EntryReference = {
    key: existing.objectKey,
    offset: existing.entryOffset,
    length: existing.entryLength,
    crc32: existing.crc32,
    pixelData: existing.pixelData,
  };
  const [known, fresh] = [
    await digestContent(readEntry(store, reference)),
    await digestContent(readEntry(store, entryReference(segment.key, instance.entry))),
  ];
  return compareContent(known, fresh, existing.transferSyntaxUid === instance.entry.transferSyntaxUid);
}

async function proposeCorrection(
  { database }: JudgePorts,
  { instance, segment, sender }: Newcomer,
  existing: ExistingInstance,
): Promise<Verdict> {
  const { isNew } = await database.inTransaction((client) =>
    recordProposedCorrection(client, {
      sopInstanceUid: existing.sopInstanceUid,
      studyKey: existing.studyKey,
      ...placeOf(instance, segment),
      ordinal: instance.entry.ordinal,
      facilityId: sender.facility.facilityId,
      deviceId: deviceOf(sender, equipmentOf(instance.json))?.deviceId,
      principalId: sender.principalId,
    }),
  );
  if (!isNew) await settleSegment(database, segment.id);
  return { kind: 'stored', warning: 'proposed-correction' };
}

async function quarantine(
  { database }: JudgePorts,
  { instance, segment, sender }: Newcomer,
  refusal: Refusal,
): Promise<Verdict> {
  const { isNew } = await database.inTransaction((client) =>
    recordQuarantine(client, {
      ...placeOf(instance, segment),
      reason: refusal.reason,
      message: refusal.message,
      facilityId: sender.facility.facilityId,
      deviceId: deviceOf(sender, equipmentOf(instance.json))?.deviceId,
      principalId: sender.principalId,
      studyInstanceUid: segment.receipt.studyInstanceUid,
      seriesInstanceUid: segment.receipt.seriesInstanceUid,
      sopInstanceUid: instance.entry.sopInstanceUid,
    }),
  );
  if (!isNew) await settleSegment(database, segment.id);
  return { kind: 'failed', reason: refusal.reason };
}

function placeOf({ entry }: StoredInstance, segment: StoredSegment) {
  return {
    sha256: Buffer.from(entry.sha256, 'hex'),
    segmentId: segment.id,
    objectKey: segment.key,
    entryOffset: entry.offset,
    entryLength: entry.length,
    crc32: Buffer.from(entry.crc32, 'base64'),
    receivedAt: new Date(segment.receipt.receivedAt),
  };
}
