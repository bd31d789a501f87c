/** What cases that read find in every target: the same instances everywhere, made and stored when they are first needed. */

import type { SeededRandom } from '../../support/seeded-random.ts';
import type { Target } from '../bench-case.ts';
import { drive } from '../driver/drive.ts';
import { storeJobs } from '../driver/store-job.ts';
import { type CineFrames, cineFrames } from './cines.ts';
import type { LoadInstance } from './instance.ts';

const CONNECTIONS = 4;
const PER_REQUEST = 10;
/** 768 × 1024 is what scanners send; a quick run makes do with less. */
const CINE_SIZE = { full: { rows: 768, columns: 1_024 }, quick: { rows: 240, columns: 320 } } as const;

/** A part of the load with a name. */
export interface LoadPart<Made> {
  readonly name: string;
  readonly make: (random: SeededRandom) => Made;
  readonly instancesOf: (made: Made) => readonly LoadInstance[];
}

/** Of one run. */
export class StoredLoad {
  readonly #randomOf: (name: string) => SeededRandom;
  readonly #made = new Map<string, unknown>();
  readonly #stored = new Set<string>();
  readonly #frames = new Map<boolean, Promise<CineFrames>>();

  /** `randomOf` draws what follows from the run's seed and a name. */
  constructor(randomOf: (name: string) => SeededRandom) {
    this.#randomOf = randomOf;
  }

  /** What the part is made of: always the same in a run. */
  get<Made>({ name, make }: LoadPart<Made>): Made {
    if (!this.#made.has(name)) this.#made.set(name, make(this.#randomOf(name)));
    return this.#made.get(name) as Made;
  }

  /** Stores the part in the target unless that was done. */
  async store<Made>(target: Target, part: LoadPart<Made>): Promise<void> {
    const key = `${target.name} ${part.name}`;
    if (this.#stored.has(key)) return;
    const instances = part.instancesOf(this.get(part));
    await drive(CONNECTIONS, storeJobs(`${target.dicomWebUrl}/studies`, instances, PER_REQUEST));
    this.#stored.add(key);
  }

  /** Frames that all cines share. */
  cineFrames(isQuick: boolean): Promise<CineFrames> {
    const made = this.#frames.get(isQuick) ?? cineFrames(isQuick ? CINE_SIZE.quick : CINE_SIZE.full);
    this.#frames.set(isQuick, made);
    return made;
  }
}
