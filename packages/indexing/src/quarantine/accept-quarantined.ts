/**
 * Accepts what quarantine kept: the bytes are re-read, verified, and taken through the ordinary commit path with the
 * objection lifted. What still cannot be indexed stays where it is.
 */
import {
  type CommitOutcome,
  commitDecided,
  decideQuarantined,
  type ExistingInstance,
  type QuarantineDecision,
  type Quarantined,
  type QuarantinePlace,
  readExisting,
  type SegmentCommit,
  settleSegment,
} from '@sandyq/database';
import type { ReceiptEntry } from '@sandyq/storage';
import { QuarantineError } from '../errors.ts';
import { indexSegment } from '../index-segment.ts';
import { exportDecision } from '../journal/export-journal.ts';
import { assertIndexCaughtUp } from '../journal/index-readiness.ts';
import type { Verdict } from '../judge.ts';
import type { Sender } from '../sender.ts';
import type { StoredInstance, StoredSegment } from '../stored-segment.ts';
import { openKeptInstance, senderOfKept } from './kept-instance.ts';
import { lookingAgain } from './look-again.ts';
import { assertNotTakenAway } from './not-taken-away.ts';
import { openEntryOf, type QuarantinePorts } from './quarantine-ports.ts';
import { type ReceivedAgain, receiveAgain, stillRefused } from './receive-again.ts';

export interface Accepted {
  readonly quarantineId: number;
  /** What the ordinary path said, e.g. stored but held as identity conflict, or refused for another reason than before. */
  readonly verdict: Verdict;
  readonly studyInstanceUid: string;
  readonly sopInstanceUid: string;
}

/**
 * Lifts the objection of an open entry: `foreign-study` joins its study; anything else is read and judged anew, as
 * the reader and the device's declarations are today. Throws QuarantineError, StorageError, DatabaseError;
 * JournalError('not-exported') where it is accepted, and the store does not know yet.
 */
export async function acceptQuarantined(
  ports: QuarantinePorts,
  quarantineId: number,
  decidedBy: string,
): Promise<Accepted> {
  await assertIndexCaughtUp(ports);
  const accepted = await lookingAgain(async () => {
    const quarantined = await openEntryOf(ports, quarantineId);
    const sender = await senderOfKept(ports.directory, quarantined);
    return accept(ports, { quarantined, sender, decidedBy });
  });
  await exportDecision(ports);
  return accepted;
}

async function accept(ports: QuarantinePorts, options: AcceptanceOptions): Promise<Accepted> {
  const { quarantined } = options;
  await assertNotTakenAway(ports, quarantined);
  const acceptance = new Acceptance(ports, options);
  if (quarantined.crc32 === undefined || quarantined.reason === 'processing-failure') {
    return acceptance.readAnew();
  }
  await assertUidIsFree(ports, quarantined);
  return acceptance.inPlace();
}

/** Another instance with this SOP Instance UID must not go unseen. */
async function assertUidIsFree({ database }: QuarantinePorts, quarantined: Quarantined): Promise<void> {
  const { quarantineId, sopInstanceUid, sha256 } = quarantined;
  if (sopInstanceUid === undefined) return;
  const holder = (await readExisting(database, [sopInstanceUid])).get(sopInstanceUid);
  if (holder === undefined || holder.sha256.equals(sha256)) return;
  throw new QuarantineError(
    'use-replace',
    `Quarantine entry ${quarantineId}: another instance has its SOP Instance UID. ` +
      'To give the UID to this one, use "replace"; the other one is kept in quarantine then.',
  );
}

interface AcceptanceOptions {
  readonly quarantined: Quarantined;
  readonly sender: Sender;
  readonly decidedBy: string;
}

class Acceptance {
  readonly #ports: QuarantinePorts;
  readonly #quarantined: Quarantined;
  readonly #sender: Sender;
  readonly #decidedBy: string;

  constructor(ports: QuarantinePorts, { quarantined, sender, decidedBy }: AcceptanceOptions) {
    this.#ports = ports;
    this.#quarantined = quarantined;
    this.#sender = sender;
    this.#decidedBy = decidedBy;
  }

  /** The entry of a segment becomes an instance where it lies. */
  async inPlace(): Promise<Accepted> {
    const { instance, segment } = await openKeptInstance(this.#ports, this.#quarantined);
    const verdict = await this.#index(segment, instance, { isMoved: false });
    return this.#accepted(verdict, segment.receipt.studyInstanceUid, instance.entry.sopInstanceUid);
  }

  /** The bytes go through today's reader into a new segment. */
  async readAnew(): Promise<Accepted> {
    const received = await receiveAgain(this.#ports, this.#sender, this.#quarantined);
    if (received.kind === 'held') return this.#acceptHeld(received.holder);
    try {
      return await this.#indexReceived(received);
    } finally {
      await received.remove();
    }
  }

  async #indexReceived({ sealed, instance }: Extract<ReceivedAgain, { kind: 'stored' }>): Promise<Accepted> {
    const verdict = await this.#index(sealed, instance, { isMoved: true });
    const { studyInstanceUid, sopInstanceUid } = instance.identification;
    return this.#accepted(verdict, studyInstanceUid, sopInstanceUid);
  }

  /** The very bytes came again meanwhile, without the fault of the request. */
  async #acceptHeld(holder: ExistingInstance): Promise<Accepted> {
    await this.#decide(this.#decisionTo(holder));
    const held = holder.state === 'identity-conflict' ? ({ warning: 'identity-conflict' } as const) : {};
    return this.#accepted({ kind: 'stored', ...held }, holder.studyInstanceUid, holder.sopInstanceUid);
  }

  /** Where the instance gets its rows, the decision is part of that transaction; else it follows the verdict. */
  async #index(
    segment: StoredSegment,
    instance: StoredInstance,
    { isMoved }: { isMoved: boolean },
  ): Promise<Verdict> {
    const { entry } = instance;
    const decision = isMoved ? this.#decisionTo(placeIn(segment, entry)) : this.#decisionTo(undefined);
    let outcome: CommitOutcome['kind'] = 'failed';
    const submit = async (commit: SegmentCommit): Promise<CommitOutcome[]> => {
      const joinsAnyway = this.#quarantined.reason === 'foreign-study';
      const instances = commit.instances.map((one) => ({ ...one, joinsAnyway }));
      const committed = await commitDecided(
        this.#ports.database,
        { ...commit, instances },
        {
          decide: async (client, { kind }) => {
            if (hasRows(kind)) await decideQuarantined(client, decision);
          },
        },
      );
      outcome = committed.kind;
      return [committed];
    };
    const ports = { ...this.#ports, groupCommit: { submit } };
    const [verdict] = await indexSegment(ports, this.#sender, segment, [instance]);
    if (verdict === undefined) throw new TypeError('one instance has one verdict');
    await this.#finish(verdict, outcome);
    return verdict;
  }

  async #finish(verdict: Verdict, outcome: CommitOutcome['kind']): Promise<void> {
    const { reason, segmentId } = this.#quarantined;
    if (verdict.kind === 'failed' && verdict.reason === reason) {
      throw stillRefused(this.#quarantined, 'the index cannot hold a value of the data set');
    }
    if (!hasRows(outcome)) await this.#decide(this.#decisionTo(undefined));
    // Its bytes are held by another segment now.
    if (segmentId !== undefined) await settleSegment(this.#ports.database, segmentId);
  }

  async #decide(decision: QuarantineDecision): Promise<void> {
    await this.#ports.database.inTransaction((client) => decideQuarantined(client, decision));
  }

  /** `place`: where the bytes lie from now on; an object of their own is then left over. */
  #decisionTo(place: QuarantinePlace | undefined): QuarantineDecision {
    const { quarantineId, objectKey, crc32 } = this.#quarantined;
    const isLeftOver = place !== undefined && crc32 === undefined;
    return {
      quarantineId,
      state: 'accepted',
      decidedBy: this.#decidedBy,
      place,
      leftoverObjectKey: isLeftOver ? objectKey : undefined,
    };
  }

  #accepted(verdict: Verdict, studyInstanceUid: string, sopInstanceUid: string): Accepted {
    return { quarantineId: this.#quarantined.quarantineId, verdict, studyInstanceUid, sopInstanceUid };
  }
}

function hasRows(outcome: CommitOutcome['kind']): boolean {
  return outcome === 'stored' || outcome === 'identity-conflict' || outcome === 'rejected';
}

function placeIn(segment: StoredSegment, entry: ReceiptEntry): QuarantinePlace {
  return {
    objectKey: segment.key,
    entryOffset: entry.offset,
    entryLength: entry.length,
    crc32: Buffer.from(entry.crc32, 'base64'),
    segmentId: segment.id,
  };
}
