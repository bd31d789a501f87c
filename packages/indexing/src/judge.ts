/**
 * The verdict on a newcomer whose SOP Instance UID is taken (design §2.5): both are read back, verified, and compared
 * by content. Never from memory, never when the store is away.
 */
import {
  type CommitOutcome,
  type ExistingInstance,
  readExisting,
  recordKnownEncoding,
  recordProposedCorrection,
  recordQuarantine,
  settleSegment,
} from '@sandyq/database';
import type { FailureReasonName, WarningReasonName } from '@sandyq/dicomweb';
import { type EntryReference, entryReference, isStorageError } from '@sandyq/storage';
import { compareInstances, type InstanceComparison } from './comparison/compare-instances.ts';
import type { Fault } from './reception/fault.ts';
import { deviceOf, equipmentOf, type Sender } from './sender.ts';
import type { IndexingPorts, StoredInstance, StoredSegment } from './stored-segment.ts';
import { disposedOn, REJECTED } from './taken-away.ts';

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

type JudgePorts = Pick<IndexingPorts, 'database' | 'store' | 'pixels'>;

/** Turns what the index said into the sender's verdict, and records what must be kept. */
export async function judge(ports: JudgePorts, newcomer: Newcomer, outcome: CommitOutcome): Promise<Verdict> {
  switch (outcome.kind) {
    case 'stored':
      return { kind: 'stored' };
    case 'identity-conflict':
      return { kind: 'stored', warning: 'identity-conflict' };
    case 'rejected':
      return { kind: 'stored', warning: 'rejected-beforehand' };
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
      return outcome.existing.state === 'rejected'
        ? quarantine(ports, newcomer, REJECTED)
        : judgeAgainst(ports, newcomer, outcome.existing);
    case 'disposed':
      return quarantine(ports, newcomer, disposedOn(outcome.disposedAt));
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
  const { comparison, doubt } = await compareWithHeld(ports, newcomer, existing);
  switch (comparison) {
    case 'equal':
      await noteEqual(ports, newcomer, { existing, isSameEncoding: true });
      return { kind: 'stored', isKnown: true, ...held };
    case 'equal-in-another-encoding':
      await noteEqual(ports, newcomer, { existing, isSameEncoding: false });
      return { kind: 'stored', warning: 'equal-in-another-encoding' };
    case 'patient-or-study-attributes-differ':
      return proposeCorrection(ports, newcomer, existing);
    case 'different':
      return quarantine(ports, newcomer, {
        reason: 'duplicate-sop-instance',
        message:
          doubt === undefined
            ? 'another instance with other content has this SOP Instance UID'
            : `another instance has this SOP Instance UID, and pixel values cannot be compared (${doubt})`,
      });
    default:
      return comparison satisfies never;
  }
}

/** Notes that the newcomer says the same as the instance that holds its SOP Instance UID. */
export async function noteEqual(
  { database }: JudgePorts,
  { instance: { entry }, segment }: Newcomer,
  { existing, isSameEncoding }: { existing: ExistingInstance; isSameEncoding: boolean },
): Promise<void> {
  await database.inTransaction((client) =>
    recordKnownEncoding(client, {
      sopInstanceUid: entry.sopInstanceUid,
      sha256: Buffer.from(entry.sha256, 'hex'),
      segmentId: segment.id,
      originSegmentId: entry.origin,
      isSameEncoding,
      holderSha256: existing.sha256,
    }),
  );
}

/** The held instance is looked up once more if its segment was rewritten since it was found. */
async function compareWithHeld(
  ports: JudgePorts,
  newcomer: Newcomer,
  existing: ExistingInstance,
): Promise<InstanceComparison> {
  try {
    return await compare(ports, newcomer, existing);
  } catch (error) {
    const uid = existing.sopInstanceUid;
    const now = isStorageError(error, 'not-found')
      ? (await readExisting(ports.database, [uid])).get(uid)
      : undefined;
    if (now === undefined || now.segmentId === existing.segmentId || !now.sha256.equals(existing.sha256))
      throw error;
    return compare(ports, newcomer, now);
  }
}

async function compare(
  ports: JudgePorts,
  { instance: { entry }, segment }: Newcomer,
  existing: ExistingInstance,
): Promise<InstanceComparison> {
  if (existing.sha256.toString('hex') === entry.sha256) return { comparison: 'equal' };
  return compareInstances(
    ports,
    { entry: referenceOf(existing), transferSyntaxUid: existing.transferSyntaxUid },
    { entry: entryReference(segment.key, entry), transferSyntaxUid: entry.transferSyntaxUid },
  );
}

/** Where the bytes of the instance that holds a SOP Instance UID lie. */
export function referenceOf(existing: ExistingInstance): EntryReference {
  return {
    key: existing.objectKey,
    offset: existing.entryOffset,
    length: existing.entryLength,
    crc32: existing.crc32,
    pixelData: existing.pixelData,
  };
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
  refusal: Fault,
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
    originSegmentId: entry.origin,
    objectKey: segment.key,
    entryOffset: entry.offset,
    entryLength: entry.length,
    crc32: Buffer.from(entry.crc32, 'base64'),
    receivedAt: new Date(segment.receipt.receivedAt),
  };
}
