/**
 * Judges again what was refused because another instance has its SOP Instance UID (design §2.5d): older versions could
 * not compare compressed pixel values, and a comparison may have failed for want of time. What turns out to be the same
 * is closed as any repeat is; what is another instance stays as it is.
 */
import {
  DatabaseError,
  decideQuarantined,
  type ExistingInstance,
  listQuarantine,
  type Quarantined,
  type Queryable,
  readExisting,
  recordKnownEncoding,
  recordProposedCorrection,
} from '@sandyq/database';
import type { ContentComparison } from '@sandyq/dicom';
import { entryReference, isStorageError, openSegment, type ReceiptEntry } from '@sandyq/storage';
import { compareInstances } from '../comparison/compare-instances.ts';
import { QuarantineError } from '../errors.ts';
import { exportDecision } from '../journal/export-journal.ts';
import { assertIndexCaughtUp } from '../journal/index-readiness.ts';
import { referenceOf, type Verdict } from '../judge.ts';
import { lookingAgain } from './look-again.ts';
import { assertNotTakenAway } from './not-taken-away.ts';
import { openEntryOf, type QuarantinePorts } from './quarantine-ports.ts';
import { entryAt } from './read-kept.ts';

export interface JudgedAgain {
  readonly quarantineId: number;
  /** What its sender would be told now; `failed`: it stays open. */
  readonly verdict: Verdict;
  readonly sopInstanceUid: string;
  /** Why pixel values could not be compared. */
  readonly doubt?: string;
}

/**
 * Throws QuarantineError('nothing-to-judge') for entries of another reason and where nothing stands against them any
 * more; ComparisonError, StorageError, DatabaseError; JournalError('not-exported') where it is decided, and the store
 * does not know yet.
 */
export async function judgeQuarantinedAgain(
  ports: QuarantinePorts,
  quarantineId: number,
  decidedBy: string,
): Promise<JudgedAgain> {
  await assertIndexCaughtUp(ports);
  const judged = await lookingAgain(() => judgeOnce(ports, quarantineId, decidedBy));
  if (judged.verdict.kind === 'stored') await exportDecision(ports);
  return judged;
}

/** What came of judging everything again. */
export interface JudgedAllAgain {
  /** Closed: the archive holds the same, in another encoding or not. */
  equal: number;
  /** Closed: they are proposed corrections now. */
  corrections: number;
  /** As before: another instance. */
  different: number;
  /** As before: pixel values cannot be compared. */
  inDoubt: number;
  /** As before: not readable, or decided by somebody else meanwhile. */
  skipped: number;
}

/** Entries listed, and decisions exported, at a time. */
const AT_A_TIME = 200;

/** Every open entry that was refused for its SOP Instance UID, newest first. Throws as {@link judgeQuarantinedAgain}. */
export async function judgeAllAgain(
  ports: QuarantinePorts,
  filter: { readonly facilityId?: number | undefined },
  options: { readonly decidedBy: string; readonly onJudged?: (counts: JudgedAllAgain) => void },
): Promise<JudgedAllAgain> {
  await assertIndexCaughtUp(ports);
  const counts: JudgedAllAgain = { equal: 0, corrections: 0, different: 0, inDoubt: 0, skipped: 0 };
  const open = { ...filter, reason: 'duplicate-sop-instance', state: 'open' } as const;
  let before: number | undefined;
  do {
    const entries = await listQuarantine(ports.database, { ...open, before }, AT_A_TIME);
    for (const { quarantineId } of entries) {
      counts[await judgeOneOfAll(ports, quarantineId, options.decidedBy)] += 1;
      options.onJudged?.(counts);
    }
    if (entries.length > 0) await exportDecision(ports);
    before = entries.at(-1)?.quarantineId;
  } while (before !== undefined);
  return counts;
}

/** One that cannot be judged does not keep the others from it. */
async function judgeOneOfAll(
  ports: QuarantinePorts,
  quarantineId: number,
  decidedBy: string,
): Promise<keyof JudgedAllAgain> {
  try {
    const { verdict, doubt } = await lookingAgain(() => judgeOnce(ports, quarantineId, decidedBy));
    if (verdict.kind === 'failed') return doubt === undefined ? 'different' : 'inDoubt';
    return verdict.warning === 'proposed-correction' ? 'corrections' : 'equal';
  } catch (error) {
    const isItsOwn =
      error instanceof QuarantineError ||
      isStorageError(error, 'damaged') ||
      isStorageError(error, 'not-found');
    if (!isItsOwn) throw error;
    ports.logger.warn('quarantine-entry-not-judged', { quarantineId, error });
    return 'skipped';
  }
}

async function judgeOnce(
  ports: QuarantinePorts,
  quarantineId: number,
  decidedBy: string,
): Promise<JudgedAgain> {
  const quarantined = await openEntryOf(ports, quarantineId);
  await assertNotTakenAway(ports, quarantined);
  const existing = await holderOf(ports.database, quarantined);
  const { receipt } = await openSegment(ports.store, quarantined.objectKey);
  const entry = entryAt(receipt.entries, quarantined);
  const { comparison, doubt } = await compareInstances(
    ports,
    { entry: referenceOf(existing), transferSyntaxUid: existing.transferSyntaxUid },
    { entry: entryReference(quarantined.objectKey, entry), transferSyntaxUid: entry.transferSyntaxUid },
  );
  await ports.database.inTransaction(async (client) => {
    await assertStillHolds(client, existing);
    await record(client, { quarantined, existing, entry, comparison, decidedBy });
  });
  return {
    quarantineId,
    verdict: verdictOn(comparison),
    sopInstanceUid: existing.sopInstanceUid,
    ...(doubt !== undefined && { doubt }),
  };
}

/** The instance that stands against the entry. */
async function holderOf(client: Queryable, quarantined: Quarantined): Promise<ExistingInstance> {
  const { quarantineId, reason, crc32, sopInstanceUid } = quarantined;
  const uid = reason === 'duplicate-sop-instance' && crc32 !== undefined ? sopInstanceUid : undefined;
  const holder = uid === undefined ? undefined : (await readExisting(client, [uid])).get(uid);
  if (holder !== undefined) return holder;
  throw new QuarantineError(
    'nothing-to-judge',
    `Quarantine entry ${quarantineId} (${reason}) stands against no other instance: use "accept".`,
  );
}

/** What was compared must be what has the UID now. */
async function assertStillHolds(
  client: Queryable,
  { sopInstanceUid, sha256 }: ExistingInstance,
): Promise<void> {
  const now = (await readExisting(client, [sopInstanceUid])).get(sopInstanceUid);
  if (now?.sha256.equals(sha256) === true) return;
  throw new DatabaseError('conflict', 'the SOP Instance UID was given to another instance meanwhile');
}

interface Judgement {
  readonly quarantined: Quarantined;
  readonly existing: ExistingInstance;
  readonly entry: ReceiptEntry;
  readonly comparison: ContentComparison;
  readonly decidedBy: string;
}

/** The decision comes before what is known instead: of the journal's lines about an entry, the last one counts. */
async function record(client: Queryable, judgement: Judgement): Promise<void> {
  const { quarantined, existing, comparison, decidedBy } = judgement;
  const { quarantineId, sha256, segmentId = '', originSegmentId } = quarantined;
  switch (comparison) {
    case 'equal':
    case 'equal-in-another-encoding':
      // Its bytes are given up as those of any repeat, once what stays was read again.
      await decideQuarantined(client, { quarantineId, state: 'discarded', decidedBy });
      return recordKnownEncoding(client, {
        sopInstanceUid: existing.sopInstanceUid,
        sha256,
        segmentId,
        originSegmentId,
        isSameEncoding: comparison === 'equal',
        holderSha256: existing.sha256,
      });
    case 'patient-or-study-attributes-differ':
      await decideQuarantined(client, { quarantineId, state: 'accepted', decidedBy });
      return propose(client, judgement);
    case 'different':
      return;
    default:
      return comparison satisfies never;
  }
}

async function propose(client: Queryable, { quarantined, existing, entry }: Judgement): Promise<void> {
  const { sha256, segmentId = '', originSegmentId, objectKey, entryOffset, entryLength } = quarantined;
  const { facilityId, deviceId, principalId, receivedAt } = quarantined;
  await recordProposedCorrection(client, {
    sopInstanceUid: existing.sopInstanceUid,
    studyKey: existing.studyKey,
    sha256,
    segmentId,
    originSegmentId,
    ordinal: entry.ordinal,
    objectKey,
    entryOffset,
    entryLength,
    crc32: Buffer.from(entry.crc32, 'base64'),
    facilityId,
    deviceId,
    principalId,
    receivedAt,
  });
}

function verdictOn(comparison: ContentComparison): Verdict {
  switch (comparison) {
    case 'equal':
      return { kind: 'stored', isKnown: true };
    case 'equal-in-another-encoding':
      return { kind: 'stored', warning: 'equal-in-another-encoding' };
    case 'patient-or-study-attributes-differ':
      return { kind: 'stored', warning: 'proposed-correction' };
    case 'different':
      return { kind: 'failed', reason: 'duplicate-sop-instance' };
    default:
      return comparison satisfies never;
  }
}
