/**
 * What the journal says of entries whose bytes are gone: discarded ones stay on the administrators' lists, and bytes that
 * were judged equal to an instance need no second judgement. To be called once everything that is there is indexed.
 */
import {
  type BygoneEntries,
  bygoneSubjects,
  type Database,
  type EntryFact,
  readEntryFacts,
  recordBygone,
} from '@sandyq/database';
import { type EntryStanding, standingsOf } from '../journal/fold-entry-facts.ts';
import { decisionOf, type KeptPorts, keysOfSender } from './kept-rows.ts';

const SEGMENTS_AT_A_TIME = 500;

/** Before every id. */
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** What is there already stays as it is. */
export async function replayBygone(
  ports: KeptPorts & { readonly database: Database },
  signal?: AbortSignal,
): Promise<void> {
  let after = FIRST_ID;
  for (;;) {
    signal?.throwIfAborted();
    const segmentIds = await bygoneSubjects(ports.database, after, SEGMENTS_AT_A_TIME);
    const last = segmentIds.at(-1);
    if (last === undefined) return;
    const facts = await readEntryFacts(ports.database, segmentIds);
    await recordBygone(ports.database, await bygoneOf(ports, facts));
    after = last;
  }
}

async function bygoneOf(ports: KeptPorts, facts: readonly EntryFact[]): Promise<BygoneEntries> {
  const standing = standingsOf(facts);
  const bygone: {
    -readonly [Kind in keyof BygoneEntries]: BygoneEntries[Kind][number][];
  } = { quarantine: [], corrections: [], encodings: [] };
  for (const [, about] of Map.groupBy(facts, ({ segmentId, sha256 }) => `${segmentId} ${sha256 ?? ''}`)) {
    const [{ segmentId, sha256 } = { segmentId: '', sha256: undefined }] = about;
    if (sha256 === undefined) continue;
    const entry = { segmentId, sha256 };
    bygone.quarantine.push(...(await discardedOf(ports, { ...entry, facts: about })));
    const stands = standing(entry);
    bygone.corrections.push(...(await discardedCorrections(ports, entry, stands)));
    bygone.encodings.push(...encodingsOf(entry, stands));
  }
  return bygone;
}

interface EntryId {
  readonly segmentId: string;
  readonly sha256: string;
}

async function discardedOf(
  ports: KeptPorts,
  { segmentId, sha256, facts }: EntryId & { readonly facts: readonly EntryFact[] },
): Promise<BygoneEntries['quarantine'][number][]> {
  const found: BygoneEntries['quarantine'][number][] = [];
  for (const { line } of facts) {
    // An object of its own is listed by catching up with the journal.
    if (line.kind !== 'quarantine-discarded' || line.fact.segmentId === undefined) continue;
    const { fact } = line;
    found.push({
      segmentId,
      objectKey: fact.objectKey,
      studyInstanceUid: fact.studyInstanceUid ?? '',
      entry: {
        ...placeOf(sha256, fact),
        ...(await keysOfSender(ports, { facility: fact.facility, device: fact.device })),
        quarantineId: fact.quarantineId,
        reason: fact.reason,
        message: fact.message,
        principalId: fact.principal,
        originSegmentId: segmentId,
        wasLoose: false,
        studyInstanceUid: fact.studyInstanceUid,
        seriesInstanceUid: fact.seriesInstanceUid,
        sopInstanceUid: fact.sopInstanceUid,
        receivedAt: new Date(fact.receivedAt),
        state: 'discarded',
        decision: { decidedBy: line.decidedBy, decidedAt: new Date(line.occurredAt) },
      },
    });
  }
  return found;
}

async function discardedCorrections(
  ports: KeptPorts,
  { segmentId, sha256 }: EntryId,
  standing: EntryStanding,
): Promise<BygoneEntries['corrections'][number][]> {
  if (standing.kind !== 'correction-discarded') return [];
  const { correction } = standing;
  return [
    {
      segmentId,
      objectKey: '',
      studyInstanceUid: correction.studyInstanceUid,
      correction: {
        ...placeOf(sha256, { entryOffset: 0, entryLength: 0 }),
        ...(await keysOfSender(ports, correction)),
        proposedCorrectionId: correction.proposedCorrectionId,
        sopInstanceUid: correction.sopInstanceUid,
        principalId: correction.principal,
        originSegmentId: segmentId,
        receivedAt: correction.receivedAt,
        state: 'discarded',
        decision: decisionOf(correction),
      },
    },
  ];
}

function encodingsOf({ sha256 }: EntryId, standing: EntryStanding): BygoneEntries['encodings'][number][] {
  if (standing.kind !== 'equal' || standing.knownEncoding === undefined) return [];
  const { sopInstanceUid, sameEncoding, holderSha256 } = standing.knownEncoding;
  return [
    {
      sopInstanceUid,
      sha256: Buffer.from(sha256, 'hex'),
      isSameEncoding: sameEncoding,
      holderSha256: Buffer.from(holderSha256, 'hex'),
    },
  ];
}

/** The bytes are gone: their blocks are nobody's concern. */
function placeOf(
  sha256: string,
  { entryOffset, entryLength }: { readonly entryOffset: number; readonly entryLength: number },
) {
  return {
    ordinal: 0,
    entryOffset,
    entryLength,
    sha256: Buffer.from(sha256, 'hex'),
    crc32: Buffer.alloc(0),
  };
}
