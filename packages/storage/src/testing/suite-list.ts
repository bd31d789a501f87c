// Cases of the object store suite: listing.
import { deepEqual, equal } from 'node:assert/strict';
import type { StoreCase } from './store-case.ts';
import { assertFails, keysOf, patterned } from './suite-assertions.ts';

/** In key order. A store that orders folders by their names, without the slash, gets it wrong. */
const names = ['a-/1', 'a-b', 'a.b/c', 'a/0', 'a/1/x', 'a/1x', 'a/2', 'a0', 'a1/1', 'a_', 'b/c'];

/** What holds of list. */
export const listCases: readonly StoreCase[] = [
  {
    name: 'list: every object once, in key order, with its size',
    run: async ({ store, prefix }) => {
      for (const [index, name] of [...names.entries()].reverse()) {
        await store.putBytes(prefix + name, patterned(index + 1));
      }
      const found: [string, number][] = [];
      for await (const entry of store.list(prefix)) {
        equal(
          entry.lastModified instanceof Date && !Number.isNaN(entry.lastModified.getTime()),
          true,
          entry.key,
        );
        found.push([entry.key, entry.size]);
      }
      deepEqual(
        found,
        names.map((name, index) => [prefix + name, index + 1]),
      );
    },
  },
  {
    name: 'list: a prefix is the beginning of a key, not a folder',
    run: async ({ store, prefix }) => {
      for (const name of names) await store.putBytes(prefix + name, patterned(1));
      for (const start of ['', 'a', 'a/', 'a/1', 'a0', 'a-', 'b/', 'c', 'a/1/x', 'a/1/xx']) {
        const wanted = names.filter((name) => name.startsWith(start)).map((name) => prefix + name);
        deepEqual(await keysOf(store, prefix + start), wanted, `prefix ${start}`);
      }
    },
  },
  {
    name: 'list: after a key, whether that exists or not',
    run: async ({ store, prefix }) => {
      for (const name of names) await store.putBytes(prefix + name, patterned(1));
      for (const after of [...names, 'a', 'a/', 'a/1', 'a/11', '0', 'zz']) {
        const wanted = names.filter((name) => name > after).map((name) => prefix + name);
        deepEqual(await keysOf(store, prefix, prefix + after), wanted, `after ${after}`);
        const both = wanted.filter((key) => key.startsWith(`${prefix}a/`));
        deepEqual(await keysOf(store, `${prefix}a/`, prefix + after), both, `prefix a/ after ${after}`);
      }
    },
  },
  {
    name: 'list: may be left early, and may be given up',
    run: async ({ store, prefix }) => {
      for (const name of names) await store.putBytes(prefix + name, patterned(1));
      for await (const { key } of store.list(prefix)) {
        equal(key, prefix + names[0]);
        break;
      }
      const signal = AbortSignal.abort();
      const listed = async (): Promise<void> => {
        for await (const { key } of store.list(prefix, { signal })) throw new Error(`listed ${key}`);
      };
      await assertFails('aborted', listed());
    },
  },
  {
    name: 'list: nothing where there is nothing',
    run: async ({ store, prefix }) => {
      deepEqual(await keysOf(store, prefix), []);
      deepEqual(await keysOf(store, `${prefix}absent/`), []);
    },
  },
];
