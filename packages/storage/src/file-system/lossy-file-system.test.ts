// The file system that forgets has to forget the right things.
import { describe, expect, it } from 'vitest';
import { assertFails, patterned } from '../testing/suite-assertions.ts';
import { type Faults, LossyFileSystem } from './lossy-file-system.ts';
import type { Kept } from './lossy-tree.ts';

function newFileSystem(faults: Faults = {}): LossyFileSystem {
  const fileSystem = new LossyFileSystem(faults);
  fileSystem.makeDirectories('/data');
  return fileSystem;
}

/** Writes a file, with or without fsync of the file and of its name. */
async function write(fileSystem: LossyFileSystem, synced: { bytes: boolean; name: boolean }): Promise<void> {
  const file = await fileSystem.open('/data/file', 'create');
  await file.write(patterned(100), 0);
  if (synced.bytes) await file.sync();
  await file.close();
  if (synced.name) await fileSystem.syncDirectory('/data');
}

describe('LossyFileSystem', () => {
  const cases: readonly [boolean, boolean, Kept, number | undefined][] = [
    [true, true, 'nothing', 100],
    [true, true, 'names', 100],
    [false, true, 'nothing', 0],
    [false, true, 'names', 0],
    [true, false, 'nothing', undefined],
    [true, false, 'names', 100],
    [false, false, 'nothing', undefined],
    [false, false, 'names', 0],
    [false, false, 'everything', 100],
  ];
  it.each(cases)('bytes synced %s, name synced %s, kept %s: size %s', async (bytes, name, kept, size) => {
    const fileSystem = newFileSystem();
    await write(fileSystem, { bytes, name });
    fileSystem.crash(kept);
    expect((await fileSystem.stat('/data/file'))?.size).toBe(size);
  });

  it('keeps only the name made last, where names are written out in any order', async () => {
    const fileSystem = newFileSystem();
    await fileSystem.mkdir('/data/first');
    await fileSystem.syncDirectory('/data');
    for (const name of ['second', 'third']) await fileSystem.mkdir(`/data/${name}`);
    fileSystem.crash('newest-names');
    expect((await fileSystem.readdir('/data')).map(({ name }) => name)).toEqual(['first', 'third']);
  });

  it('brings back what was unlinked and not fsynced', async () => {
    const fileSystem = newFileSystem();
    await write(fileSystem, { bytes: true, name: true });
    await fileSystem.unlink('/data/file');
    fileSystem.crash();
    expect(await fileSystem.stat('/data/file')).toBeDefined();
    await fileSystem.unlink('/data/file');
    await fileSystem.syncDirectory('/data');
    fileSystem.crash();
    expect(await fileSystem.stat('/data/file')).toBeUndefined();
  });

  it('loses bytes written after the fsync, keeps those before', async () => {
    const fileSystem = newFileSystem();
    await write(fileSystem, { bytes: true, name: true });
    const file = await fileSystem.open('/data/file', 'modify');
    await file.write(patterned(100, 2), 50);
    await file.truncate(300);
    fileSystem.crash();
    await assertFails('io-error', file.write(patterned(1), 0));
    const again = await fileSystem.open('/data/file', 'read');
    const into = Buffer.alloc(400);
    expect(await again.read(into, 0)).toBe(100);
    expect(into.subarray(0, 100).equals(patterned(100))).toBe(true);
  });

  it('is killed without losing or saving anything', async () => {
    const fileSystem = newFileSystem();
    await write(fileSystem, { bytes: true, name: false });
    fileSystem.kill();
    expect(await fileSystem.stat('/data/file')).toBeDefined();
    fileSystem.crash();
    expect(await fileSystem.stat('/data/file')).toBeUndefined();
  });

  it('stops after the step it was told', async () => {
    const fileSystem = newFileSystem();
    await write(fileSystem, { bytes: true, name: true });
    expect(fileSystem.steps).toBe(4);
    for (let step = 0; step < 4; step += 1) {
      const stopped = newFileSystem();
      stopped.crashAfter(step);
      await assertFails('io-error', write(stopped, { bytes: true, name: true }));
      await assertFails('io-error', stopped.readdir('/data'));
    }
  });

  it('ignores, and fails, the fsync it was told; a failed one stays failed', async () => {
    const ignored = newFileSystem({ ignoredSync: 1 });
    await write(ignored, { bytes: true, name: true });
    ignored.crash();
    expect((await ignored.stat('/data/file'))?.size).toBe(0);

    const failed = newFileSystem({ failingSync: 1 });
    const file = await failed.open('/data/file', 'create');
    await assertFails('sync-failed', file.sync());
    await assertFails('sync-failed', file.sync());
    await assertFails('not-sealed', failed.link('/data/file', '/data/other'));
    const reopened = await failed.open('/data/file', 'modify');
    await assertFails('sync-failed', reopened.sync());
    expect(failed.openFiles).toBe(2);
  });

  it('fails the step it was told with the code it was told, and changes nothing', async () => {
    const fileSystem = newFileSystem({ failingStep: { step: 2, code: 'no-space' } });
    const file = await fileSystem.open('/data/file', 'create');
    await assertFails('no-space', file.write(patterned(10), 0));
    expect((await file.stat()).size).toBe(0);
    await file.write(patterned(10), 0);
    expect((await file.stat()).size).toBe(10);
  });
});
