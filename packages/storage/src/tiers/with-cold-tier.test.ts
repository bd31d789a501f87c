// A store with a cold tier behind it is still a store, and finds objects wherever they lie.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createFilesystemStore } from '../filesystem/filesystem-store.ts';
import { MemoryObjectStore } from '../testing/memory-object-store.ts';
import { objectStoreCases } from '../testing/object-store-suite.ts';
import { newSpoolFolder, type SpoolFolder } from '../testing/spool-folder.ts';
import {
  assertAbsent,
  assertFails,
  assertHolds,
  bytesOf,
  keysOf,
  patterned,
} from '../testing/suite-assertions.ts';
import type { ColdObjects } from './cold-objects.ts';
import { maintenanceWithColdTier, rangesWithColdTier, withColdTier } from './with-cold-tier.ts';

let folder: SpoolFolder;
let count = 0;
beforeAll(async () => {
  folder = await newSpoolFolder();
});
afterAll(() => folder.remove());

const newStore = () => createFilesystemStore({ root: `${folder.path}/tier-${(count += 1)}` });

describe('a store with an empty cold tier conforms', () => {
  for (const { name, run } of objectStoreCases) {
    it(name, () => {
      const store = withColdTier(new MemoryObjectStore(), { store: newStore(), answersAtOnce: true });
      return run({ store, prefix: 'v1/suite/one/', spool: folder.spool });
    });
  }
});

describe('an object of the cold tier', () => {
  const bytes = patterned(1_000);
  const open = async (answersAtOnce = true) => {
    const [hot, store] = [newStore(), newStore()];
    const cold: ColdObjects = { store, answersAtOnce };
    const asked: string[] = [];
    const onColdRead = (key: string): void => {
      asked.push(key);
    };
    await hot.putBytes('v1/aa/hot', bytes);
    await hot.putBytes('v1/aa/moving', bytes);
    await store.putBytes('v1/aa/moving', bytes);
    await store.putBytes('v1/aa/cold', bytes);
    return { hot, cold: store, tiers: cold, both: withColdTier(hot, cold, onColdRead), asked, onColdRead };
  };

  it('is read, measured and listed as any other, and said to be cold', async () => {
    const { both, tiers, hot, asked } = await open();
    await assertHolds(both, 'v1/aa/cold', bytes);
    expect(await both.stat('v1/aa/cold')).toMatchObject({ size: 1_000, isCold: true });
    expect(await both.stat('v1/aa/moving')).not.toHaveProperty('isCold');
    expect(await keysOf(both, '')).toEqual(['v1/aa/cold', 'v1/aa/hot', 'v1/aa/moving']);
    expect(await keysOf(both, 'v1/aa/', 'v1/aa/cold')).toEqual(['v1/aa/hot', 'v1/aa/moving']);
    const listed = await Array.fromAsync(both.list('v1/'));
    expect(listed.filter(({ isCold }) => isCold === true).map(({ key }) => key)).toEqual(['v1/aa/cold']);
    const range = { offset: 10, length: 20 };
    expect(await rangesWithColdTier(hot, tiers).readRange('v1/aa/cold', range)).toEqual(
      bytes.subarray(10, 30),
    );
    expect(asked).toContain('v1/aa/cold');
  });

  it('costs who reads a hot one nothing: the cold tier is not asked', async () => {
    const { hot, asked, onColdRead } = await open();
    const away = awayStore();
    const both = withColdTier(hot, { store: away, answersAtOnce: true }, onColdRead);
    expect(await bytesOf(both, 'v1/aa/hot')).toEqual(bytes);
    await both.putBytes('v1/aa/new', bytes);
    expect(await both.stat('v1/aa/new')).toBeDefined();
    expect(asked).toEqual([]);
    // Journal and quarantine never lie there.
    expect(await both.stat('journal/none')).toBeUndefined();
    expect(await keysOf(both, 'journal/')).toEqual([]);
    await both.delete('journal/none');
  });

  it('is never taken for missing while the cold tier is away', async () => {
    const { hot } = await open();
    const both = withColdTier(hot, { store: awayStore(), answersAtOnce: true });
    await assertFails('unavailable', both.read('v1/aa/cold'));
    await assertFails('unavailable', both.stat('v1/aa/cold'));
    await assertFails('unavailable', keysOf(both, 'v1/'));
    await assertFails('unavailable', both.delete('v1/aa/hot'));
    await assertHolds(hot, 'v1/aa/hot', bytes);
  });

  it('is nearline where it has to be brought back first, and what is nowhere is not found', async () => {
    const { both, asked } = await open(false);
    await assertFails('nearline', both.read('v1/aa/cold'));
    expect(asked).toEqual(['v1/aa/cold']);
    await assertHolds(both, 'v1/aa/moving', bytes);
    await assertFails('not-found', both.read('v1/aa/none'));
  });

  it('goes from both when it is deleted', async () => {
    const { hot, cold, both } = await open();
    for (const key of ['v1/aa/cold', 'v1/aa/moving', 'v1/aa/hot']) {
      await both.delete(key);
      await assertAbsent(hot, key);
      await assertAbsent(cold, key);
    }
  });

  it('is settled where it lies', async () => {
    const { hot, tiers } = await open();
    const maintenance = maintenanceWithColdTier(hot, tiers);
    await maintenance.settle('v1/aa/cold');
    await maintenance.settle('v1/aa/hot');
    await assertFails('not-found', maintenance.settle('v1/aa/none'));
    expect(await maintenance.removeUnfinished(new Date())).toBe(0);
  });
});

/** A disk that is not mounted. */
function awayStore(): ColdObjects['store'] {
  const store = createFilesystemStore({
    root: `${folder.path}/away-${(count += 1)}`,
    mayBegin: async () => false,
  });
  return store;
}
