/**
 * One Store request (PS3.18 §10.5): its parts in order, its segments, and one verdict a part. One bad part never
 * harms its neighbours, and a verdict of success is given only after store and index have both committed.
 */
import { isKnownInstance } from '@sandyq/database';
import type { Identification } from '@sandyq/dicom';
import type { FailureReasonName, StoreResult } from '@sandyq/dicomweb';
import {
  type ComposedFile,
  type Fault,
  indexSegment,
  keepReceivedParts,
  type ReceivedInstance,
  type Reception,
  RefusedError,
  receiveInstance,
  refusedParts,
  type Sender,
  type Verdict,
} from '@sandyq/indexing';
import {
  type SealedSegment,
  type SealingSegment,
  SegmentSet,
  type SegmentWriter,
  storeSegment,
} from '@sandyq/storage';
import { actOnNote } from './act-on-note.ts';
import type { IngestDependencies } from './dependencies.ts';
import type { NoteRight } from './note-right.ts';
import { isTroubleOfOurs, reasonOfLoss } from './own-trouble.ts';
import { type PartialIdentification, quarantineBytes, type RefusedBytes } from './quarantine.ts';
import { resultOf } from './result-of.ts';
import { verdictOnRepeat } from './verdicts-on-repeats.ts';

/** Segments being put and committed while the request goes on; beyond, the request waits. */
const MAX_SEGMENTS_IN_FLIGHT = 4;

export interface StoreScope {
  /** Study of the request's path: instances of another one are refused. */
  readonly studyInstanceUid: string | undefined;
  /** Resolves when the request's audit row is durable: nothing is stored, listed or counted before. */
  readonly recorded: Promise<void>;
  readonly notes: NoteRight;
}

/** What is known of metadata and bulk data that are refused. */
export interface RefusedComposition {
  readonly fault: Fault;
  /** As far as the metadata say. */
  readonly uids: PartialIdentification;
  /** What goes to quarantine; undefined: nothing, it will be sent again. */
  readonly kept: AsyncIterable<Uint8Array> | undefined;
}

export class StoreSession {
  readonly #dependencies: IngestDependencies;
  readonly #sender: Sender;
  readonly #scope: StoreScope;
  readonly #receivedAt: Date;
  readonly #segments: SegmentSet;
  readonly #results: (StoreResult | undefined)[] = [];
  /** Received instances by segment, each with the place of its result. */
  readonly #pending = new Map<string, Map<ReceivedInstance, number>>();
  /** Sealed and not settled yet; of these, so many are committed at a time. */
  readonly #inFlight = new Set<Promise<void>>();
  readonly #committing = new Set<Promise<void>>();
  /** Whether the index holds the UID of the part that is being received. */
  #isKnown: Promise<boolean> = Promise.resolve(true);
  #knownCount = 0;

  constructor(dependencies: IngestDependencies, sender: Sender, scope: StoreScope) {
    this.#dependencies = dependencies;
    this.#sender = sender;
    this.#scope = scope;
    this.#receivedAt = dependencies.now();
    this.#segments = new SegmentSet({
      spool: dependencies.spool,
      header: {
        facility: sender.facility.code,
        device: sender.device?.code,
        principal: sender.principalId,
        receivedAt: this.#receivedAt.toISOString(),
        source: { kind: 'received' },
      },
      onSealing: (sealing) => this.#commitInBackground(sealing),
    });
  }

  /** How many instances are answered with plain success and were here before. */
  get knownCount(): number {
    return this.#knownCount;
  }

  /** Receives the next part. Throws what concerns the whole request: a broken connection, a full disk. */
  async receive(body: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#take(async () =>
      receiveInstance<Verdict>(body, {
        ...this.#ports,
        acquire: (identification) => this.#acquire(identification),
        keepRefused: (bytes, refused) => this.#quarantine(bytes, refused),
      }),
    );
  }

  /** Receives an instance that was composed of its parts, and keeps these beside it. Throws as {@link receive}. */
  async receiveComposed({ bytes, parts, mostBytes }: ComposedFile): Promise<void> {
    let segment: SegmentWriter | undefined;
    await this.#take(async () => {
      const reception = await receiveInstance<Verdict>(bytes, {
        ...this.#ports,
        acquire: async (identification) => {
          segment = await this.#acquire(identification, mostBytes);
          return segment;
        },
        // What was sent, not what was made of it.
        keepRefused: (_bytes, refused) => this.#quarantine(refusedParts(parts), refused),
      });
      if (reception.kind === 'received' && segment !== undefined)
        await keepReceivedParts(segment, reception.instance, parts);
      return reception;
    });
  }

  /** Metadata or bulk data of which no instance could be composed. Throws as {@link receive}. */
  async refuseComposed({ fault, uids, kept }: RefusedComposition): Promise<void> {
    await this.#take(async (index) => {
      const { sopClassUid, sopInstanceUid } = uids;
      if (kept !== undefined)
        await this.#quarantine(kept, { fault, identification: uids, device: this.#sender.device });
      this.#results[index] = { verdict: 'failed', reason: fault.reason, sopClassUid, sopInstanceUid };
      return undefined;
    });
  }

  /** A part that is none: refused for its headers. */
  refuse(reason: FailureReasonName): void {
    this.#results.push({ verdict: 'failed', reason });
  }

  /** Seals, stores and commits what was received; the verdicts in the order of the parts. */
  async finish(): Promise<StoreResult[]> {
    const outcomes = await this.#segments.finish();
    await Promise.all(this.#inFlight);
    for (const outcome of outcomes) {
      const isUntold = 'error' in outcome && this.#pending.has(outcome.segmentId);
      if (isUntold) this.#failSegment(outcome.segmentId, outcome.error);
    }
    return this.#results.map((result) => result ?? { verdict: 'failed', reason: 'processing-failure' });
  }

  /** The next verdict. Errors that concern this part alone become it. */
  async #take(receive: (index: number) => Promise<Reception<Verdict> | undefined>): Promise<void> {
    const index = this.#results.push(undefined) - 1;
    try {
      const reception = await receive(index);
      if (reception !== undefined) this.#note(index, reception);
    } catch (error) {
      const reason = reasonOfLoss(error);
      if (reason === undefined) throw error;
      this.#results[index] = { verdict: 'failed', reason };
    }
    while (this.#inFlight.size >= MAX_SEGMENTS_IN_FLIGHT) await Promise.race(this.#inFlight);
  }

  get #ports() {
    return {
      sender: this.#sender,
      verdictOnRepeat: async (identification: Identification, sha256: string) =>
        (await this.#isKnown)
          ? this.#scope.recorded.then(() =>
              verdictOnRepeat(
                this.#dependencies,
                { sender: this.#sender, notes: this.#scope.notes },
                identification,
                sha256,
              ),
            )
          : undefined,
    };
  }

  async #quarantine(
    bytes: AsyncIterable<Uint8Array>,
    { identification, fault, device }: Omit<RefusedBytes, 'sender' | 'receivedAt'>,
  ): Promise<void> {
    const { sender, receivedAt } = { sender: this.#sender, receivedAt: this.#receivedAt };
    await this.#scope.recorded;
    await quarantineBytes(this.#dependencies, bytes, { identification, fault, device, sender, receivedAt });
  }

  async #acquire(identification: Identification, expectedBytes = 0) {
    const { studyInstanceUid, seriesInstanceUid } = identification;
    if (this.#scope.studyInstanceUid !== undefined && this.#scope.studyInstanceUid !== studyInstanceUid) {
      throw new RefusedError({
        reason: 'study-mismatch',
        message: 'the Study Instance UID (0020,000D) of the data set is not that of the request',
      });
    }
    // New instances are the daily bread: this look-up, while the rest of them comes in, is all they cost.
    this.#isKnown = isKnownInstance(this.#dependencies.database, identification.sopInstanceUid);
    this.#isKnown.catch(() => undefined);
    return this.#segments.acquire(studyInstanceUid, seriesInstanceUid, expectedBytes);
  }

  #note(index: number, reception: Reception<Verdict>): void {
    switch (reception.kind) {
      case 'refused':
        this.#results[index] = {
          verdict: 'failed',
          reason: reception.fault.reason,
          sopClassUid: reception.identification?.sopClassUid,
          sopInstanceUid: reception.identification?.sopInstanceUid,
        };
        return;
      case 'repeated':
        this.#settle(index, reception.identification, reception.verdict);
        return;
      case 'received': {
        const { segmentId } = reception.instance;
        const members = this.#pending.get(segmentId) ?? new Map<ReceivedInstance, number>();
        this.#pending.set(segmentId, members.set(reception.instance, index));
        return;
      }
      default:
        reception satisfies never;
    }
  }

  #commitInBackground(sealing: SealingSegment): void {
    const work = this.#commitInTurn(sealing).finally(() => this.#inFlight.delete(work));
    this.#inFlight.add(work);
  }

  async #commitInTurn(sealing: SealingSegment): Promise<void> {
    while (this.#committing.size >= MAX_SEGMENTS_IN_FLIGHT) await Promise.race(this.#committing);
    const commit = this.#commit(sealing).finally(() => this.#committing.delete(commit));
    this.#committing.add(commit);
    await commit;
  }

  /** Never rejects: what fails here fails the entries of this segment. */
  async #commit({ segment, sealed }: SealingSegment): Promise<void> {
    const members = this.#pending.get(segment.id) ?? new Map<ReceivedInstance, number>();
    const stored = this.#store(segment, sealed);
    const settled = Promise.allSettled([sealed, stored]);
    try {
      await this.#scope.recorded;
      const sender = this.#sender;
      const verdicts = await indexSegment(this.#dependencies, sender, segment, [...members.keys()], stored);
      for (const [position, [instance, index]] of [...members].entries()) {
        const verdict = verdicts[position];
        if (verdict === undefined) continue;
        await actOnNote(this.#dependencies, { instance, verdict, sender, notes: this.#scope.notes });
        this.#settle(index, instance.identification, verdict);
      }
    } catch (error) {
      this.#failSegment(segment.id, error);
    }
    // What was received takes memory, and a request may bring any number of segments.
    this.#pending.delete(segment.id);
    const [{ status }] = await settled;
    // Not before the commit: by the spool the next process finds at once what was stored and not committed.
    if (status === 'fulfilled') await this.#removeFromSpool(segment);
  }

  /** While it is on its way to disk and store, all that the index is told of it is written, and only the commit waits. */
  async #store(segment: SealedSegment, sealed: Promise<void>): Promise<void> {
    await Promise.all([sealed, this.#scope.recorded]);
    await storeSegment(this.#dependencies.store, segment);
  }

  #settle(index: number, identification: Identification, verdict: Verdict): void {
    this.#results[index] = resultOf(identification, verdict);
    const isPlain = verdict.kind === 'stored' && verdict.warning === undefined;
    if (isPlain && verdict.isKnown === true) this.#knownCount += 1;
  }

  #failSegment(segmentId: string, error: unknown): void {
    this.#dependencies.logger.error('segment-not-committed', { error, segmentId });
    const reason = isTroubleOfOurs(error) ? 'storage-unavailable' : 'processing-failure';
    for (const [{ identification }, index] of this.#pending.get(segmentId) ?? []) {
      this.#results[index] ??= resultOf(identification, { kind: 'failed', reason });
    }
  }

  async #removeFromSpool(sealed: SealedSegment): Promise<void> {
    try {
      await this.#dependencies.spool.remove(sealed);
    } catch (error) {
      // The object is stored; the spool file is swept when this process is gone.
      this.#dependencies.logger.warn('spool-file-not-removed', { error, segmentId: sealed.id });
    }
  }
}
