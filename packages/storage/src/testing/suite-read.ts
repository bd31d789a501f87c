// Cases of the object store suite: reading.
import { equal } from 'node:assert/strict';
import { once } from 'node:events';
import type { ByteRange } from '../object-store.ts';
import type { StoreCase } from './store-case.ts';
import { assertAbsent, assertFails, assertHolds, bytesOf, drained, patterned } from './suite-assertions.ts';

const size = 600_000;
const ranges: readonly ByteRange[] = [
  { offset: 0, length: 1 },
  { offset: 0, length: size },
  { offset: 0, length: 0 },
  { offset: 1, length: 1 },
  { offset: 262_143, length: 2 },
  { offset: 65_536, length: 262_144 },
  { offset: size - 1, length: 1 },
  { offset: size, length: 0 },
  { offset: 1, length: size - 1 },
];
const rangesPastTheEnd: readonly ByteRange[] = [
  { offset: 0, length: size + 1 },
  { offset: size - 1, length: 2 },
  { offset: size, length: 1 },
  { offset: size + 1, length: 0 },
  { offset: size * 10, length: 10 },
];
const noRanges: readonly ByteRange[] = [
  { offset: -1, length: 1 },
  { offset: 0, length: -1 },
  { offset: 0.5, length: 1 },
  { offset: Number.NaN, length: 1 },
  { offset: 0, length: Number.POSITIVE_INFINITY },
];

/** What holds of stat and read. */
export const readCases: readonly StoreCase[] = [
  {
    name: 'read: an object that is not there is not-found, and stat says undefined',
    run: ({ store, prefix }) => assertAbsent(store, `${prefix}absent`),
  },
  {
    name: 'read: a range is exactly that range',
    run: async ({ store, prefix }) => {
      const bytes = patterned(size);
      await store.putBytes(`${prefix}a`, bytes);
      for (const range of ranges) {
        const read = await bytesOf(store, `${prefix}a`, range);
        const wanted = bytes.subarray(range.offset, range.offset + range.length);
        equal(
          Buffer.compare(read, wanted),
          0,
          `[${range.offset}, +${range.length}) gave ${read.length} bytes`,
        );
      }
    },
  },
  {
    name: 'read: a range past the end is short-read before the first byte, never fewer bytes',
    run: async ({ store, prefix }) => {
      await store.putBytes(`${prefix}a`, patterned(size));
      for (const range of rangesPastTheEnd) await assertFails('short-read', store.read(`${prefix}a`, range));
    },
  },
  {
    name: 'read: what is no range is refused',
    run: async ({ store, prefix }) => {
      await store.putBytes(`${prefix}a`, patterned(10));
      for (const range of noRanges) await assertFails('invalid-argument', store.read(`${prefix}a`, range));
    },
  },
  {
    name: 'read: 16 readers of one object do not disturb one another',
    run: async ({ store, prefix, spool }) => {
      const bytes = patterned(2_000_000);
      await store.putFile(`${prefix}a`, await spool(bytes));
      await Promise.all(Array.from({ length: 16 }, () => assertHolds(store, `${prefix}a`, bytes)));
    },
  },
  {
    name: 'read: a stream that its reader leaves early harms nobody',
    run: async ({ store, prefix, spool }) => {
      const bytes = patterned(4_000_000);
      await store.putFile(`${prefix}a`, await spool(bytes));
      for (let round = 0; round < 50; round += 1) {
        const stream = await store.read(`${prefix}a`);
        if (round % 2 === 0) await once(stream, 'readable');
        stream.destroy();
      }
      await assertHolds(store, `${prefix}a`, bytes);
    },
  },
  {
    name: 'read: given up, before or in the middle, is aborted',
    run: async ({ store, prefix, spool }) => {
      await store.putFile(`${prefix}a`, await spool(patterned(4_000_000)));
      await assertFails('aborted', store.read(`${prefix}a`, undefined, AbortSignal.abort()));
      const controller = new AbortController();
      const stream = await store.read(`${prefix}a`, undefined, controller.signal);
      await once(stream, 'readable');
      controller.abort();
      await assertFails('aborted', drained(stream));
    },
  },
  {
    name: 'read: an error that comes before the consumer waits for it',
    run: async ({ store, prefix, spool }) => {
      await store.putFile(`${prefix}a`, await spool(patterned(4_000_000)));
      const controller = new AbortController();
      const stream = await store.read(`${prefix}a`, undefined, controller.signal);
      controller.abort();
      await new Promise((resolve) => setTimeout(resolve, 10));
      await assertFails('aborted', drained(stream));
    },
  },
  {
    name: 'check: resolves, and leaves no object',
    run: async ({ store }) => {
      await store.check();
      for await (const { key } of store.list('check/')) throw new Error(`check left ${key}`);
      await assertFails('aborted', store.check(AbortSignal.abort()));
    },
  },
];
