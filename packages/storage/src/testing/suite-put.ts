// Cases of the object store suite: putting.
import { equal } from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { isStorageError } from '../errors.ts';
import { maximumPutBytes } from '../object-store.ts';
import type { StoreCase } from './store-case.ts';
import { assertAbsent, assertFails, assertHolds, keysOf, patterned } from './suite-assertions.ts';

const wrongKeys = [
  '',
  'one-segment',
  '/v1/leading',
  'v1/trailing/',
  'v1//double',
  'v1/../up',
  'v1/./here',
  'v1/.hidden',
  'v1/-dash',
  'v1/UPPER',
  'v1/space here',
  'v1/back\\slash',
  'v1/nul\0',
  'v1/%2e%2e',
  `v1/${'x'.repeat(201)}`,
  'v1/long'.repeat(100),
];

/** What holds of putFile and putBytes. */
export const putCases: readonly StoreCase[] = [
  {
    name: 'putBytes: the bytes are there, whole',
    run: async ({ store, prefix }) => {
      const bytes = patterned(70_001);
      const before = Date.now();
      await store.putBytes(`${prefix}a`, bytes);
      await assertHolds(store, `${prefix}a`, bytes);
      const at = (await store.stat(`${prefix}a`))?.lastModified.getTime() ?? 0;
      equal(Math.abs(at - before) < 60_000, true, 'lastModified is about now');
    },
  },
  {
    name: 'putFile: the bytes are there, whole, also when the spool file is gone',
    run: async ({ store, prefix, spool }) => {
      const bytes = patterned(3 * 1024 * 1024 + 1);
      const file = await spool(bytes);
      await store.putFile(`${prefix}a`, file);
      await rm(file.path);
      await assertHolds(store, `${prefix}a`, bytes);
    },
  },
  {
    name: 'put: nothing is an object too',
    run: async ({ store, prefix, spool }) => {
      await store.putBytes(`${prefix}a`, Buffer.alloc(0));
      await store.putFile(`${prefix}b`, await spool(Buffer.alloc(0)));
      await assertHolds(store, `${prefix}a`, Buffer.alloc(0));
      await assertHolds(store, `${prefix}b`, Buffer.alloc(0));
    },
  },
  {
    name: 'put: what is stored does not follow the buffer',
    run: async ({ store, prefix }) => {
      const bytes = patterned(1000);
      await store.putBytes(`${prefix}a`, bytes);
      const stored = Buffer.from(bytes);
      bytes.fill(0);
      await assertHolds(store, `${prefix}a`, stored);
    },
  },
  {
    name: 'put: a name that is taken is an error, and the object stays as it was',
    run: async ({ store, prefix, spool }) => {
      const first = patterned(5000, 1);
      await store.putBytes(`${prefix}a`, first);
      await assertFails('exists', store.putBytes(`${prefix}a`, patterned(5000, 2)));
      await assertFails('exists', store.putFile(`${prefix}a`, await spool(patterned(6000, 3))));
      await assertFails('exists', store.putBytes(`${prefix}a`, first));
      await assertHolds(store, `${prefix}a`, first);
    },
  },
  {
    name: 'put: of 16 writers of one key exactly one wins',
    run: async ({ store, prefix, spool }) => {
      const contents = Array.from({ length: 16 }, (_, index) => patterned(40_000, index + 1));
      const files = await Promise.all(contents.map((bytes) => spool(bytes)));
      const outcomes = await Promise.all(
        files.map((file, index) => {
          const put =
            index % 2 === 0
              ? store.putFile(`${prefix}a`, file)
              : store.putBytes(`${prefix}a`, bytesAt(index));
          return put.then(
            () => 'success',
            (error: unknown) => (isStorageError(error) ? error.code : 'untyped'),
          );
        }),
      );
      function bytesAt(index: number): Buffer {
        return contents[index] ?? Buffer.alloc(0);
      }
      equal(outcomes.filter((outcome) => outcome === 'success').length, 1, `outcomes: ${outcomes.join(' ')}`);
      equal(outcomes.filter((outcome) => outcome === 'exists').length, 15, `outcomes: ${outcomes.join(' ')}`);
      await assertHolds(store, `${prefix}a`, bytesAt(outcomes.indexOf('success')));
    },
  },
  {
    name: 'put: a spool file that is not of the stated size is refused',
    run: async ({ store, prefix, spool }) => {
      const file = await spool(patterned(100));
      await assertFails('not-sealed', store.putFile(`${prefix}a`, { ...file, size: 101 }));
      await assertFails('not-sealed', store.putFile(`${prefix}a`, { ...file, size: 99 }));
      await assertFails(
        'not-sealed',
        store.putFile(`${prefix}a`, { path: `${file.path}-absent`, size: 100 }),
      );
      await assertAbsent(store, `${prefix}a`);
    },
  },
  {
    name: 'put: more bytes than putBytes takes are refused',
    run: async ({ store, prefix }) => {
      await assertFails('invalid-argument', store.putBytes(`${prefix}a`, Buffer.alloc(maximumPutBytes + 1)));
      await assertAbsent(store, `${prefix}a`);
    },
  },
  {
    name: 'put: given up before it began leaves nothing',
    run: async ({ store, prefix, spool }) => {
      const file = await spool(patterned(100));
      await assertFails('aborted', store.putBytes(`${prefix}a`, patterned(10), AbortSignal.abort()));
      await assertFails('aborted', store.putFile(`${prefix}a`, file, AbortSignal.abort()));
      await assertAbsent(store, `${prefix}a`);
    },
  },
  {
    name: 'keys: what is no key is refused by every method',
    run: async ({ store, spool }) => {
      const file = await spool(patterned(10));
      for (const key of wrongKeys) {
        await assertFails('invalid-key', store.putBytes(key, patterned(10)));
        await assertFails('invalid-key', store.putFile(key, file));
        await assertFails('invalid-key', store.stat(key));
        await assertFails('invalid-key', store.read(key));
        await assertFails('invalid-key', store.delete(key));
      }
      await assertFails('invalid-key', keysOf(store, 'v1/../'));
    },
  },
  {
    name: 'keys: every character that a key may have is told from the others',
    run: async ({ store, prefix }) => {
      const keys = ['0.1', '0-1', '0_1', '01', 'a.b-c_d/0.1.2', 'k'.repeat(200)].map((key) => prefix + key);
      for (const [index, key] of keys.entries()) await store.putBytes(key, patterned(50, index + 1));
      for (const [index, key] of keys.entries()) await assertHolds(store, key, patterned(50, index + 1));
    },
  },
];
