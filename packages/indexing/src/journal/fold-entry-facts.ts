/** What the journal's facts about one entry come to: what it is now, and which rows tell of it. Pure. */
import type { EntryFact } from '@sandyq/database';
import { isRetentionLine, type JournalFacts, type JournalLine, type JournalPlace } from '@sandyq/storage';

/** An entry of quarantine that lists the bytes. */
export interface QuarantineStanding {
  /** In the database that made it: kept where it is free. */
  readonly quarantineId: number;
  readonly reason: string;
  readonly message: string;
  readonly facility: string;
  readonly device: string | undefined;
  /** Who sent the bytes. */
  readonly principal: string;
  readonly studyInstanceUid: string | undefined;
  readonly seriesInstanceUid: string | undefined;
  readonly sopInstanceUid: string | undefined;
  readonly receivedAt: Date;
  readonly state: 'open' | 'accepted' | 'replaced' | 'discarded';
  readonly decidedBy: string | undefined;
  readonly decidedAt: Date | undefined;
  /** Where accepted bytes were taken to, if they were. */
  readonly place: JournalPlace | undefined;
  /** The quarantine object of accepted or discarded bytes, which upkeep deletes. */
  readonly leftoverObjectKey: string | undefined;
}

/** A proposal that the bytes are. */
export interface CorrectionStanding {
  readonly proposedCorrectionId: number;
  readonly sopInstanceUid: string;
  readonly studyInstanceUid: string;
  readonly facility: string;
  readonly device: string | undefined;
  readonly principal: string;
  readonly receivedAt: Date;
  readonly state: 'open' | 'discarded';
  readonly decidedBy: string | undefined;
  readonly decidedAt: Date | undefined;
}

/**
 * What the entry is, after everything that was said of it:
 * - `none`: nothing was said. A candidate, judged as anything that is received;
 * - `quarantined`, `discarded`, `replaced`, `correction`, `correction-discarded`: no candidate; rows below;
 * - `accepted`: a candidate that joins its study whatever stood against it; rows below;
 * - `moved`: its bytes were accepted into another segment: no candidate, and no row lies here;
 * - `equal`: no candidate. `knownEncoding`: whether bytes like these are known to be equal to the holder of the UID
 *   (undefined: the instance they were compared with was replaced since);
 * - `identity-conflict`: a candidate that is held out of search and retrieval, whoever came first.
 */
export type EntryStanding = {
  /** Rows of quarantine that list these bytes in this segment, oldest first; the last one decides. */
  readonly quarantine: readonly QuarantineStanding[];
  /** It was found to belong to another patient than its study, and is held where it is a candidate. */
  readonly isHeld: boolean;
} & (
  | {
      readonly kind:
        | 'none'
        | 'quarantined'
        | 'discarded'
        | 'replaced'
        | 'accepted'
        | 'moved'
        | 'identity-conflict';
    }
  | { readonly kind: 'correction' | 'correction-discarded'; readonly correction: CorrectionStanding }
  | {
      readonly kind: 'equal';
      readonly knownEncoding:
        | { readonly sopInstanceUid: string; readonly sameEncoding: boolean; readonly holderSha256: string }
        | undefined;
    }
);

const NOTHING: EntryStanding = { kind: 'none', quarantine: [], isHeld: false };

/** The standing of one entry by the facts about one (original segment, SHA-256), in the order of `readEntryFacts`. */
export function foldEntryFacts(facts: readonly EntryFact[]): EntryStanding {
  return facts.reduce(apply, NOTHING);
}

/** Standings of all entries that the facts are about; an entry that is not in it is `none`. */
export function standingsOf(
  facts: readonly EntryFact[],
): (entry: { readonly segmentId: string; readonly sha256: string }) => EntryStanding {
  const standings = new Map<string, EntryStanding>();
  for (const fact of facts) {
    if (fact.sha256 === undefined) continue;
    const name = `${fact.segmentId} ${fact.sha256}`;
    standings.set(name, apply(standings.get(name) ?? NOTHING, fact));
  }
  return ({ segmentId, sha256 }) => standings.get(`${segmentId} ${sha256}`) ?? NOTHING;
}

function apply(before: EntryStanding, { line, segmentId, isOver }: EntryFact): EntryStanding {
  const { quarantine, isHeld } = before;
  // Registers of their own say what is rejected and what is disposed of.
  if (isRetentionLine(line)) return before;
  switch (line.kind) {
    case 'quarantined':
      // Judged again by a database that had forgotten it: what was decided stays decided.
      if (quarantine.some((entry) => isSameObjection(entry, line.fact))) return before;
      return { kind: 'quarantined', quarantine: [...quarantine, openEntry(line.fact)], isHeld };
    case 'quarantine-discarded':
      return { kind: 'discarded', quarantine: decided(quarantine, line, 'discarded'), isHeld };
    case 'quarantine-accepted':
      if (line.fact.place !== undefined && line.fact.place.segmentId !== segmentId)
        return { kind: 'moved', quarantine: withoutEntry(quarantine, line.fact), isHeld };
      return { kind: 'accepted', quarantine: decided(quarantine, line, 'accepted'), isHeld };
    case 'instance-replaced':
      return { kind: 'replaced', quarantine: [...quarantine, replacedEntry(line)], isHeld: false };
    case 'correction-proposed':
      return { kind: 'correction', quarantine, isHeld, correction: openCorrection(line.fact) };
    case 'correction-discarded':
      return discardedCorrection(before, line);
    case 'instance-equal':
      return { kind: 'equal', quarantine, isHeld, knownEncoding: isOver ? undefined : line.fact };
    case 'identity-conflict':
      return before.kind === 'accepted'
        ? { ...before, isHeld: true }
        : { kind: 'identity-conflict', quarantine, isHeld: true };
    // About no entry.
    case 'issuer-created':
    case 'facility-created':
    case 'device-created':
    case 'api-key-created':
    case 'api-key-revoked':
    case 'segment-superseded':
    case 'checkpoint':
    case 'epoch-ended':
      return before;
    default:
      return line satisfies never;
  }
}

type Described = Omit<JournalFacts['quarantined'], 'sha256' | 'objectKey' | 'entryOffset' | 'entryLength'>;

function entryOf(fact: Described): Omit<QuarantineStanding, 'state' | 'decidedBy' | 'decidedAt'> {
  return {
    quarantineId: fact.quarantineId,
    reason: fact.reason,
    message: fact.message,
    facility: fact.facility,
    device: fact.device,
    principal: fact.principal,
    studyInstanceUid: fact.studyInstanceUid,
    seriesInstanceUid: fact.seriesInstanceUid,
    sopInstanceUid: fact.sopInstanceUid,
    receivedAt: new Date(fact.receivedAt),
    place: undefined,
    leftoverObjectKey: undefined,
  };
}

function openEntry(fact: Described): QuarantineStanding {
  return { ...entryOf(fact), state: 'open', decidedBy: undefined, decidedAt: undefined };
}

type LineOf<Kind extends JournalLine['kind']> = Extract<JournalLine, { kind: Kind }>;

function decisionOf({ decidedBy, occurredAt }: JournalLine) {
  return { decidedBy, decidedAt: new Date(occurredAt) };
}

function replacedEntry(line: LineOf<'instance-replaced'>): QuarantineStanding {
  return { ...entryOf(line.fact), ...decisionOf(line), state: 'replaced' };
}

/** A decision tells everything of its entry: the facts before it may be about another segment. */
function decided(
  quarantine: readonly QuarantineStanding[],
  line: LineOf<'quarantine-accepted' | 'quarantine-discarded'>,
  state: 'accepted' | 'discarded',
): QuarantineStanding[] {
  const { fact } = line;
  const { place, leftoverObjectKey } = fact;
  const entry = { ...entryOf(fact), ...decisionOf(line), state, place, leftoverObjectKey };
  return [...withoutEntry(quarantine, fact), entry];
}

/** Numbers belong to one database: a facility's objection to these bytes stands once. */
function isSameObjection(entry: QuarantineStanding, fact: Described): boolean {
  return entry.facility === fact.facility && entry.reason === fact.reason;
}

function withoutEntry(quarantine: readonly QuarantineStanding[], fact: Described): QuarantineStanding[] {
  return quarantine.filter((entry) => entry.state === 'replaced' || !isSameObjection(entry, fact));
}

function openCorrection(fact: JournalFacts['correction-proposed']): CorrectionStanding {
  const { proposedCorrectionId, sopInstanceUid, studyInstanceUid, facility, device, principal } = fact;
  return {
    proposedCorrectionId,
    sopInstanceUid,
    studyInstanceUid,
    facility,
    device,
    principal,
    receivedAt: new Date(fact.receivedAt),
    state: 'open',
    decidedBy: undefined,
    decidedAt: undefined,
  };
}

/** Without the proposal there is nothing to discard. */
function discardedCorrection(before: EntryStanding, line: LineOf<'correction-discarded'>): EntryStanding {
  if (!('correction' in before)) return before;
  const correction = { ...before.correction, ...decisionOf(line), state: 'discarded' } as const;
  return { ...before, kind: 'correction-discarded', correction };
}
