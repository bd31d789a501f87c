// Cases for stores that give short ranges in one piece.
import { deepEqual, equal } from 'node:assert/strict';
import { maximumRangeBytes, type ObjectStore, type RangeReads } from '../object-store.ts';
import { assertFails, patterned } from './suite-assertions.ts';

/** A store to try, and what its keys begin with. */
export interface RangeCaseInput {
  readonly store: ObjectStore & RangeReads;
  readonly prefix: string;
}

/** What holds of {@link RangeReads}. */
export const rangeCases: readonly {
  readonly name: string;
  readonly run: (input: RangeCaseInput) => Promise<void>;
}[] = [
  {
    name: 'ranges: a range is exactly that range, time after time',
    run: async ({ store, prefix }) => {
      const bytes = patterned(300_000);
      await store.putBytes(`${prefix}a`, bytes);
      for (const [offset, length] of [
        [0, 1],
        [0, 300_000],
        [5, 0],
        [299_999, 1],
        [70_001, 131_072],
      ] as const) {
        const read = await store.readRange(`${prefix}a`, { offset, length });
        equal(Buffer.compare(read, bytes.subarray(offset, offset + length)), 0, `[${offset}, +${length})`);
      }
    },
  },
  {
    name: 'ranges: memory is asked for once, and filled',
    run: async ({ store, prefix }) => {
      const bytes = patterned(100_000);
      await store.putBytes(`${prefix}a`, bytes);
      const asked: number[] = [];
      const memory = Buffer.alloc(70_000, 0xee);
      const read = await store.readRange(
        `${prefix}a`,
        { offset: 30_000, length: 70_000 },
        {
          allocate: (length) => {
            asked.push(length);
            return memory;
          },
        },
      );
      deepEqual(asked, [70_000]);
      equal(read, memory);
      equal(Buffer.compare(memory, bytes.subarray(30_000)), 0);
    },
  },
  {
    name: 'ranges: what is not there, not all there, too long, given up or no range is an error',
    run: async ({ store, prefix }) => {
      const first = { offset: 0, length: 1 };
      await assertFails('not-found', store.readRange(`${prefix}absent`, first));
      await store.putBytes(`${prefix}a`, patterned(10));
      await assertFails('short-read', store.readRange(`${prefix}a`, { offset: 5, length: 6 }));
      const long = { offset: 0, length: maximumRangeBytes + 1 };
      await assertFails('invalid-argument', store.readRange(`${prefix}a`, long));
      await assertFails('invalid-argument', store.readRange(`${prefix}a`, { offset: -1, length: 1 }));
      await assertFails('aborted', store.readRange(`${prefix}a`, first, { signal: AbortSignal.abort() }));
    },
  },
  {
    name: 'ranges: what this process has deleted is not found any more',
    run: async ({ store, prefix }) => {
      await store.putBytes(`${prefix}a`, patterned(10));
      await store.readRange(`${prefix}a`, { offset: 0, length: 10 });
      await store.delete(`${prefix}a`);
      await assertFails('not-found', store.readRange(`${prefix}a`, { offset: 0, length: 10 }));
    },
  },
];
