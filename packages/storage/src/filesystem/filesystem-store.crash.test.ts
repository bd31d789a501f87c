// Power cuts at every step of every put: what was acknowledged is there, what was not is there whole or not at all.
// And the test itself is tested: with any one fsync left out, it must notice.
import { describe, expect, it } from 'vitest';
import { isStorageError } from '../errors.ts';
import { type Faults, LossyFileSystem } from '../file-system/lossy-file-system.ts';
import type { Kept } from '../file-system/lossy-tree.ts';
import type { ObjectStore, SealedFile, StoreMaintenance } from '../object-store.ts';
import { bytesOf, patterned } from '../testing/suite-assertions.ts';
import { createFilesystemStore } from './filesystem-store.ts';

const root = '/data/objects';
const allKept: readonly Kept[] = ['nothing', 'newest-names', 'names', 'everything'];

/** What each scenario puts; the third goes into a folder that exists by then, the fourth into a new one. */
const puts: readonly { readonly key: string; readonly how: 'file' | 'bytes'; readonly bytes: Buffer }[] = [
  { key: 'v1/aa/study/one.tar', how: 'file', bytes: patterned(10_000, 1) },
  { key: 'journal/1/00000001.json', how: 'bytes', bytes: patterned(500, 2) },
  { key: 'v1/aa/study/two.tar', how: 'file', bytes: patterned(20_000, 3) },
  { key: 'v1/bb/study/three.tar', how: 'file', bytes: patterned(30_000, 4) },
];

function newFileSystem(faults: Faults = {}): LossyFileSystem {
  const fileSystem = new LossyFileSystem(faults);
  fileSystem.makeDirectories('/data/spool');
  return fileSystem;
}

function storeOn(fileSystem: LossyFileSystem): ObjectStore & StoreMaintenance {
  return createFilesystemStore({ root, fileSystem });
}

async function spool(fileSystem: LossyFileSystem, name: string, bytes: Uint8Array): Promise<SealedFile> {
  const path = `/data/spool/${name}`;
  const file = await fileSystem.open(path, 'create');
  await file.write(bytes.subarray(0, 4000), 0);
  await file.write(bytes.subarray(4000), 4000);
  await file.sync();
  await file.close();
  return { path, size: bytes.length };
}

/** Runs the scenario until it ends or the machine stops; returns the keys that were acknowledged. */
async function run(fileSystem: LossyFileSystem, store: ObjectStore): Promise<string[]> {
  const acknowledged: string[] = [];
  try {
    for (const [index, { key, how, bytes }] of puts.entries()) {
      if (how === 'bytes') await store.putBytes(key, bytes);
      else await store.putFile(key, await spool(fileSystem, `${index}`, bytes));
      acknowledged.push(key);
    }
  } catch (error) {
    if (!isStorageError(error)) throw error;
  }
  return acknowledged;
}

/** What is wrong after the machine is back: nothing, if all is well. */
async function faultsOf(store: ObjectStore, acknowledged: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const { key, bytes } of puts) {
    const there = (await store.stat(key)) !== undefined;
    if (!there && acknowledged.includes(key)) found.push(`${key} was acknowledged and is lost`);
    if (there && !bytes.equals(await bytesOf(store, key))) found.push(`${key} is there in part`);
  }
  return found;
}

async function stepsOfScenario(): Promise<{ steps: number; syncs: number }> {
  const fileSystem = newFileSystem();
  expect(await run(fileSystem, storeOn(fileSystem))).toHaveLength(puts.length);
  return { steps: fileSystem.steps, syncs: fileSystem.syncs };
}

/** Power cuts after every step, with every kind of remains. */
async function powerCuts(faults: Faults): Promise<string[]> {
  const { steps } = await stepsOfScenario();
  const found: string[] = [];
  for (let step = 0; step <= steps; step += 1) {
    for (const kept of allKept) {
      const fileSystem = newFileSystem(faults);
      fileSystem.crashAfter(step);
      const acknowledged = await run(fileSystem, storeOn(fileSystem));
      fileSystem.crash(kept);
      const wrong = await faultsOf(storeOn(fileSystem), acknowledged);
      found.push(...wrong.map((fault) => `step ${step}, kept ${kept}: ${fault}`));
    }
  }
  return found;
}

describe('the filesystem store and a power cut', () => {
  it('loses nothing acknowledged and shows nothing half, whenever it comes', async () => {
    expect(await powerCuts({})).toEqual([]);
  });

  it('would be caught if any single fsync were missing', async () => {
    const { syncs } = await stepsOfScenario();
    expect(syncs).toBeGreaterThan(10);
    const unnoticed: number[] = [];
    for (let ignoredSync = 1; ignoredSync <= syncs; ignoredSync += 1) {
      if ((await powerCuts({ ignoredSync })).length === 0) unnoticed.push(ignoredSync);
    }
    expect(unnoticed).toEqual([]);
  });

  it('goes on after it: temporary files are swept, new puts succeed', async () => {
    const { steps } = await stepsOfScenario();
    for (let step = 0; step <= steps; step += 1) {
      const fileSystem = newFileSystem();
      fileSystem.crashAfter(step);
      await run(fileSystem, storeOn(fileSystem));
      fileSystem.crash('everything');
      const store = storeOn(fileSystem);
      await store.removeUnfinished(new Date(Date.now() + 60_000));
      await store.putBytes('v1/aa/study/after.tar', patterned(10));
      expect(await bytesOf(store, 'v1/aa/study/after.tar')).toEqual(patterned(10));
      expect(fileSystem.openFiles).toBe(0);
    }
  });

  it('does not trust a folder that a killed process made and did not fsync', async () => {
    const { steps } = await stepsOfScenario();
    for (let step = 0; step <= steps; step += 1) {
      const fileSystem = newFileSystem();
      fileSystem.crashAfter(step);
      await run(fileSystem, storeOn(fileSystem));
      fileSystem.kill();
      const bytes = patterned(100, 9);
      await storeOn(fileSystem).putFile('v1/bb/study/second.tar', await spool(fileSystem, 'second', bytes));
      fileSystem.crash('nothing');
      expect(await bytesOf(storeOn(fileSystem), 'v1/bb/study/second.tar')).toEqual(bytes);
    }
  });

  it('settles an object that a killed process put, before anyone relies on it', async () => {
    const { steps } = await stepsOfScenario();
    for (let step = 0; step <= steps; step += 1) {
      const fileSystem = newFileSystem();
      fileSystem.crashAfter(step);
      await run(fileSystem, storeOn(fileSystem));
      fileSystem.kill();
      const store = storeOn(fileSystem);
      const found: string[] = [];
      for await (const { key } of store.list('')) found.push(key);
      for (const key of found) await store.settle(key);
      fileSystem.crash('nothing');
      expect(await faultsOf(storeOn(fileSystem), found)).toEqual([]);
    }
  });

  it('does not bring back what was deleted', async () => {
    for (const deletions of [1, 2]) {
      const fileSystem = newFileSystem();
      await run(fileSystem, storeOn(fileSystem));
      const { steps } = fileSystem;
      if (deletions === 2) {
        // The first one dies between unlink and fsync; the second finds nothing to unlink.
        fileSystem.crashAfter(steps + 1);
        await storeOn(fileSystem)
          .delete('v1/aa/study/one.tar')
          .catch(() => undefined);
        fileSystem.kill();
      }
      await storeOn(fileSystem).delete('v1/aa/study/one.tar');
      fileSystem.crash('nothing');
      expect(await storeOn(fileSystem).stat('v1/aa/study/one.tar')).toBeUndefined();
      expect(await storeOn(fileSystem).stat('v1/aa/study/two.tar')).toBeDefined();
    }
  });
});

describe('the filesystem store and a disk that fails', () => {
  for (const code of ['no-space', 'read-only', 'too-many-open-files', 'io-error', 'access-denied'] as const) {
    it(`${code} at any step is told by that code, acknowledges nothing, leaves no file open`, async () => {
      const { steps } = await stepsOfScenario();
      for (let step = 1; step <= steps; step += 1) {
        const fileSystem = newFileSystem({ failingStep: { step, code } });
        const outcome = await putAll(fileSystem).catch((error: unknown) => error);
        // The unlink of a temporary file is the one step whose failure harms nobody.
        if (outcome !== undefined) expect(outcome).toMatchObject({ code });
        fileSystem.crash('everything');
        expect(await faultsOf(storeOn(fileSystem), [])).toEqual([]);
      }
    });
  }

  it('a failed fsync is an error, and is never asked again for that file or folder', async () => {
    const { syncs } = await stepsOfScenario();
    for (let failingSync = 1; failingSync <= syncs; failingSync += 1) {
      const fileSystem = newFileSystem({ failingSync });
      await expect(putAll(fileSystem)).rejects.toMatchObject({ code: 'sync-failed', retryable: false });
    }
  });

  it('after a failed fsync of a folder nothing is acknowledged in it', async () => {
    const fileSystem = newFileSystem();
    const store = storeOn(fileSystem);
    await store.putBytes('v1/aa/first', patterned(10));
    fileSystem.restartCount({ failingSync: 2 });
    await expect(store.putBytes('v1/aa/second', patterned(10))).rejects.toMatchObject({
      code: 'sync-failed',
    });
    await expect(store.putBytes('v1/aa/third', patterned(10))).rejects.toMatchObject({ code: 'sync-failed' });
    await store.putBytes('v1/bb/elsewhere', patterned(10));
  });
});

async function putAll(fileSystem: LossyFileSystem): Promise<void> {
  const store = storeOn(fileSystem);
  try {
    for (const [index, { key, how, bytes }] of puts.entries()) {
      if (how === 'bytes') await store.putBytes(key, bytes);
      else await store.putFile(key, await spool(fileSystem, `${index}`, bytes));
    }
  } finally {
    // spool() of this test leaves its file open when it fails; the store must not.
    expect(fileSystem.openFiles).toBeLessThanOrEqual(1);
  }
}
