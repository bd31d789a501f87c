/** Randomness that can be repeated: a test prints its seed, and SANDYQ_TEST_SEED brings the same run back. */
import { randomInt } from 'node:crypto';

/** The seed of this run: SANDYQ_TEST_SEED, or a new one. A whole number below 2^31. */
export function testSeed(): number {
  const given = process.env['SANDYQ_TEST_SEED'];
  if (given === undefined) return randomInt(2 ** 31);
  if (!/^\d{1,10}$/.test(given)) throw new Error('SANDYQ_TEST_SEED must be a whole number');
  return Number(given) % 2 ** 31;
}

/** Numbers that follow from a seed (mulberry32). Not for secrets. */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number in [from, to). */
  integer(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from));
  }

  /** One of the items, of which there is at least one. */
  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.integer(0, items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  /** Bytes; the same for the same state. */
  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    let state = this.integer(1, 2 ** 31);
    for (let index = 0; index < length; index += 1) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      bytes[index] = state & 0xff;
    }
    return bytes;
  }

  /** A UID that nobody else has (PS3.5 B.2), as far as the seed goes. */
  uid(): string {
    const digits = Array.from({ length: 3 }, () => this.integer(10 ** 8, 10 ** 9)).join('');
    return `2.25.${digits}`;
  }
}
