// Cases of the object store suite: deleting, and upkeep where the store has it.
import { deepEqual, equal } from 'node:assert/strict';
import type { ObjectStore, StoreMaintenance } from '../object-store.ts';
import type { StoreCase } from './store-case.ts';
import { assertAbsent, assertFails, assertHolds, keysOf, patterned } from './suite-assertions.ts';

/** What holds of delete. */
export const deleteCases: readonly StoreCase[] = [
  {
    name: 'delete: the object is gone, its neighbours are not',
    run: async ({ store, prefix }) => {
      for (const name of ['a', 'ab', 'a-b', 'b/a']) await store.putBytes(prefix + name, patterned(10));
      await store.delete(`${prefix}a`);
      equal(await store.stat(`${prefix}a`), undefined);
      await assertFails('not-found', store.read(`${prefix}a`));
      deepEqual(
        await keysOf(store, prefix),
        ['a-b', 'ab', 'b/a'].map((name) => prefix + name),
      );
    },
  },
  {
    name: 'delete: absent is success',
    run: async ({ store, prefix }) => {
      await store.putBytes(`${prefix}a/b`, patterned(10));
      await store.delete(`${prefix}a/b`);
      await store.delete(`${prefix}a/b`);
      await store.delete(`${prefix}never`);
      await store.delete(`${prefix}never/there`);
      await assertAbsent(store, `${prefix}a/b`);
    },
  },
  {
    name: 'delete: the name is free again',
    run: async ({ store, prefix }) => {
      await store.putBytes(`${prefix}a`, patterned(10, 1));
      await store.delete(`${prefix}a`);
      await store.putBytes(`${prefix}a`, patterned(20, 2));
      await assertHolds(store, `${prefix}a`, patterned(20, 2));
    },
  },
];

/** What holds of settle and removeUnfinished. */
export const maintenanceCases: readonly StoreCase[] = [
  {
    name: 'maintenance: removeUnfinished leaves objects alone',
    run: async ({ store, prefix }) => {
      await store.putBytes(`${prefix}a`, patterned(10));
      if (hasMaintenance(store)) await store.removeUnfinished(new Date(Date.now() + 3_600_000));
      await assertHolds(store, `${prefix}a`, patterned(10));
    },
  },
  {
    name: 'maintenance: settle tells whether there is an object',
    run: async ({ store, prefix }) => {
      await store.putBytes(`${prefix}a`, patterned(10));
      if (!hasMaintenance(store)) return;
      await store.settle(`${prefix}a`);
      await assertFails('not-found', store.settle(`${prefix}b`));
    },
  },
];

function hasMaintenance(store: ObjectStore): store is ObjectStore & StoreMaintenance {
  return 'settle' in store && 'removeUnfinished' in store;
}
