/** What faults of random rounds are, and what they work on. */
import type { SeededRandom } from '../../support/seeded-random.ts';
import type { FaultyArchive } from './faulty-archive.ts';
import type { Ledger } from './ledger.ts';
import type { Traffic } from './traffic.ts';

/** What a fault works on. */
export interface Scene {
  readonly archive: FaultyArchive;
  readonly ledger: Ledger;
  readonly traffic: Traffic;
  readonly random: SeededRandom;
}

/** One kind of fault. */
export interface Fault {
  readonly name: string;
  /** Whether it can happen here: not without an S3 server, or a disk of its own. */
  readonly isPossible: (archive: FaultyArchive) => boolean;
  /** Breaks it, lets some time pass, mends it. */
  readonly run: (scene: Scene) => Promise<Outcome>;
  /** It comes in one of so many turns of all faults; by default in each. */
  readonly everyTurns?: number;
}

/** What comes of a fault. */
export interface Outcome {
  readonly damages?: readonly Damage[];
  /** When it was mended, if the archive has begun to recover before the end: by the monotonic clock. */
  readonly mendedAt?: number;
}

/** What stays damaged, and whether the archive has found it. */
export interface Damage {
  readonly round: number;
  readonly key: string;
  readonly kind: 'object deleted' | 'bit flipped';
  readonly isReported: boolean;
}
