/** What senders and readers of a run were told, and what of it was wrong. */
import { createHash } from 'node:crypto';
import type { InstanceIds } from '../../support/made-instances.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';
import { imageOf, type KeptNewcomer } from './sent-instances.ts';

/** An instance as its sender remembers it; its bytes follow from its UIDs. */
export interface Entry extends InstanceIds {
  readonly patientId: string;
  readonly sha256: string;
  /** When it was sent first. */
  readonly round: number;
  /** The round in which success was answered first. */
  acknowledgedIn: number | undefined;
  /** A fault of this round destroyed its bytes: what its reader may be told is an error. */
  destroyedIn: number | undefined;
}

/** A newcomer that was answered as kept, with the round it was. */
export interface KeptEntry extends KeptNewcomer {
  readonly round: number;
  destroyedIn: number | undefined;
}

/** What must never be: each with the round it was in. */
export interface Wrong {
  readonly round: number;
  readonly kind:
    | 'lost'
    | 'altered'
    | 'wrong bytes served'
    | 'false refusal'
    | 'false verdict'
    | 'not found'
    | 'no time to come back'
    | 'never answered'
    | 'not whole'
    | 'leak'
    | 'not reported';
  readonly what: string;
}

const SERIES_PER_STUDY = 3;

export class Ledger {
  readonly entries = new Map<string, Entry>();
  readonly kept: KeptEntry[] = [];
  readonly wrong: Wrong[] = [];
  /** The current round. */
  round = 0;
  /** Requests that were answered 503, or not at all, by round. */
  readonly turnedAway = new Map<number, number>();
  /** What is known may not be found for a while: rows were taken away, and nobody has looked yet. */
  mayForget = false;
  readonly #random: SeededRandom;
  readonly #acknowledged: Entry[] = [];
  #studies: string[] = [];

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** Begins a round: some studies go on, one is new. */
  beginRound(): void {
    this.round += 1;
    this.#studies = [...this.#studies.slice(-3), this.#random.uid()];
  }

  /** An instance that nobody has sent, and its bytes. */
  newInstance(studyInstanceUid = this.anyStudy()): { readonly entry: Entry; readonly bytes: Buffer } {
    const ids = {
      studyInstanceUid,
      seriesInstanceUid: `${studyInstanceUid}.${this.#random.integer(1, SERIES_PER_STUDY + 1)}`,
      sopInstanceUid: this.#random.uid(),
    };
    const patientId = `P-${studyInstanceUid.slice(-8)}`;
    const bytes = imageOf(ids, patientId);
    const entry: Entry = {
      ...ids,
      patientId,
      sha256: sha256Of(bytes),
      round: this.round,
      acknowledgedIn: undefined,
      destroyedIn: undefined,
    };
    this.entries.set(entry.sopInstanceUid, entry);
    return { entry, bytes };
  }

  anyStudy(): string {
    return this.#random.pick(this.#studies);
  }

  /** One that was acknowledged and not destroyed; rather one of late. */
  anyAcknowledged(): Entry | undefined {
    const from = this.#random.next() < 0.7 ? Math.max(0, this.#acknowledged.length - 300) : 0;
    if (this.#acknowledged.length === 0) return undefined;
    const entry = this.#acknowledged[this.#random.integer(from, this.#acknowledged.length)];
    return entry?.destroyedIn === undefined ? entry : undefined;
  }

  /** Acknowledged for the first time in this round. */
  acknowledgedIn(round: number): Entry[] {
    return this.#acknowledged.filter((entry) => entry.acknowledgedIn === round);
  }

  allAcknowledged(): readonly Entry[] {
    return this.#acknowledged;
  }

  acknowledge(entry: Entry): void {
    if (entry.acknowledgedIn !== undefined) return;
    entry.acknowledgedIn = this.round;
    this.#acknowledged.push(entry);
  }

  noteTurnedAway(): void {
    this.turnedAway.set(this.round, (this.turnedAway.get(this.round) ?? 0) + 1);
  }

  note(kind: Wrong['kind'], what: string, round = this.round): void {
    this.wrong.push({ round, kind, what });
  }
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
