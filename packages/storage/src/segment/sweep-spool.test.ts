import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LossyFileSystem } from '../file-system/lossy-file-system.ts';
import { nodeFileSystem } from '../file-system/node-file-system.ts';
import { SegmentSpool } from './segment-spool.ts';
import { currentProcess, livenessOnThisMachine, type OwnerLiveness, parseOwner } from './spool-owner.ts';
import { recoverSegment } from './store-segment.ts';
import { sweepSpool } from './sweep-spool.ts';
import { MemoryStore } from './testing/memory-store.ts';
import {
  newId,
  sampleBytes,
  sampleEntry,
  sampleHeader,
  sampleSpool,
  sealSegment,
} from './testing/segment-kit.ts';
import { verifySegment } from './verify-segment.ts';

const directory = '/spool';
const judgeAs = (liveness: OwnerLiveness) => async () => liveness;

/** A spool with an unsealed segment, a loose file and a sealed segment in it. */
async function abandonedSpool(fileSystem: LossyFileSystem) {
  const { spool } = await sampleSpool(fileSystem);
  const unsealed = await spool.create(sampleHeader);
  const writer = await unsealed.beginEntry(sampleEntry(1).request);
  await writer.write(sampleBytes(2_000_000));
  const loose = await spool.createLoose();
  await loose.write(sampleBytes(10));
  await loose.seal();
  const sealed = await sealSegment(spool, [sampleEntry(1000, 1)]);
  return { spool, sealed };
}

describe('sweepSpool', () => {
  it('removes what the dead left unsealed, and only that', async () => {
    const fileSystem = new LossyFileSystem();
    const { spool, sealed } = await abandonedSpool(fileSystem);
    const report = await sweepSpool({ directory, fileSystem, livenessOf: judgeAs('dead') });
    expect(report).toMatchObject({ removedFiles: 2, sealed: [sealed], damaged: [], kept: [] });
    expect(report.removedBytes).toBeGreaterThan(10);
    expect((await fileSystem.readdir(`/spool/${spool.owner}`)).map(({ name }) => name).sort()).toEqual(
      [`${sealed.id}.tar`, 'owner.json'].sort(),
    );
    expect(fileSystem.openFiles).toBe(1);
  });

  it('only says in a dry run what it would remove', async () => {
    const fileSystem = new LossyFileSystem();
    const { spool, sealed } = await abandonedSpool(fileSystem);
    const before = await fileSystem.readdir(`/spool/${spool.owner}`);
    const dry = await sweepSpool({ directory, fileSystem, livenessOf: judgeAs('dead'), dryRun: true });
    expect(dry).toMatchObject({ removedFiles: 2, sealed: [sealed] });
    expect(await fileSystem.readdir(`/spool/${spool.owner}`)).toEqual(before);
    const { removedFiles, removedBytes } = dry;
    expect(await sweepSpool({ directory, fileSystem, livenessOf: judgeAs('dead') })).toMatchObject({
      removedFiles,
      removedBytes,
    });
  });

  it('touches nothing of the living, of the unknown and of the sweeper itself', async () => {
    for (const liveness of ['alive', 'unknown'] as const) {
      const fileSystem = new LossyFileSystem();
      const { spool } = await abandonedSpool(fileSystem);
      const before = await fileSystem.readdir(`/spool/${spool.owner}`);
      const report = await sweepSpool({ directory, fileSystem, livenessOf: judgeAs(liveness) });
      expect(report).toMatchObject({ removedFiles: 0, sealed: [], kept: [{ owner: spool.owner, liveness }] });
      await sweepSpool({ directory, fileSystem, except: [spool.owner], livenessOf: judgeAs('dead') });
      expect(await fileSystem.readdir(`/spool/${spool.owner}`)).toEqual(before);
    }
  });

  it('leads sealed segments into the store, put already or not, and is then done with the owner', async () => {
    const fileSystem = new LossyFileSystem();
    const { sealed } = await abandonedSpool(fileSystem);
    for (const putBefore of [false, true]) {
      const store = new MemoryStore(fileSystem);
      if (putBefore) await store.putFile(sealed.key, sealed);
      const { sealed: found } = await sweepSpool({ directory, fileSystem, livenessOf: judgeAs('dead') });
      for (const segment of found) await recoverSegment(store, segment);
      expect((await verifySegment(store, sealed.key)).faults).toEqual([]);
      expect(store.settled).toEqual(putBefore ? [sealed.key] : []);
    }
    await fileSystem.unlink(sealed.path);
    await sweepSpool({ directory, fileSystem, livenessOf: judgeAs('dead') });
    expect(await fileSystem.readdir(directory)).toEqual([]);
  });

  it('does not take another object for the segment', async () => {
    const fileSystem = new LossyFileSystem();
    const { sealed } = await abandonedSpool(fileSystem);
    const store = new MemoryStore(fileSystem);
    await store.putBytes(sealed.key, Buffer.from('something else'));
    await expect(recoverSegment(store, sealed)).rejects.toMatchObject({ code: 'damaged' });
  });

  it('reports a sealed file that is no whole segment any more, and keeps it', async () => {
    const fileSystem = new LossyFileSystem();
    const { sealed } = await abandonedSpool(fileSystem);
    const file = await fileSystem.open(sealed.path, 'modify');
    await file.write(Buffer.from('?'), 600);
    await file.close();
    const report = await sweepSpool({ directory, fileSystem, livenessOf: judgeAs('dead') });
    expect(report).toMatchObject({ sealed: [], damaged: [sealed.path] });
    expect(await fileSystem.stat(sealed.path)).toBeDefined();
  });

  it('knows the owner after a crash, and keeps a folder whose owner it does not know', async () => {
    const fileSystem = new LossyFileSystem();
    fileSystem.makeDirectories(`/spool/${newId()}`);
    const { spool } = await abandonedSpool(fileSystem);
    fileSystem.crash('names');
    const judged: unknown[] = [];
    const livenessOf = async (identity: unknown) => {
      judged.push(identity);
      return 'alive' as const;
    };
    const { kept } = await sweepSpool({ directory, fileSystem, livenessOf });
    expect(judged).toEqual([await currentProcess()]);
    expect(kept).toHaveLength(2);
    for (const { owner, liveness } of kept)
      expect(liveness).toBe(owner === spool.owner ? 'alive' : 'unknown');
  });

  it('has nothing to do where there is no spool yet', async () => {
    const report = await sweepSpool({
      directory,
      fileSystem: new LossyFileSystem(),
      livenessOf: judgeAs('dead'),
    });
    expect(report).toMatchObject({ removedFiles: 0, sealed: [], kept: [] });
  });

  it('works on a real disk', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sandyq-spool-'));
    const fileSystem = nodeFileSystem();
    const spool = new SegmentSpool({ directory: join(folder, 'spool'), fileSystem, newId });
    const sealed = await sealSegment(spool, [sampleEntry(3_000_000)]);
    expect(await sweepSpool({ directory: join(folder, 'spool'), fileSystem })).toMatchObject({
      kept: [{ owner: spool.owner, liveness: 'alive' }],
    });
    const report = await sweepSpool({
      directory: join(folder, 'spool'),
      fileSystem,
      livenessOf: judgeAs('dead'),
    });
    expect(report.sealed).toEqual([sealed]);
    await spool.remove(sealed);
    await spool.close();
    expect(await fileSystem.readdir(join(folder, 'spool'))).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});

describe.skipIf(process.platform !== 'linux')('livenessOnThisMachine', () => {
  it('is proof only where it can be', async () => {
    const self = await currentProcess();
    expect(await livenessOnThisMachine(self)).toBe('alive');
    expect(await livenessOnThisMachine({ ...self, startTicks: '1' })).toBe('dead');
    expect(await livenessOnThisMachine({ ...self, pid: 2 ** 22 + 1 })).toBe('dead');
    expect(await livenessOnThisMachine({ ...self, pidNamespace: 'pid:[1]' })).toBe('unknown');
    expect(await livenessOnThisMachine({ ...self, pidNamespace: undefined })).toBe('unknown');
    expect(await livenessOnThisMachine({ ...self, bootId: undefined })).toBe('unknown');
    expect(await livenessOnThisMachine({ ...self, bootId: 'earlier', host: 'another' })).toBe('unknown');
    expect(await livenessOnThisMachine({ ...self, bootId: 'earlier', machineId: undefined })).toBe('unknown');
    expect(await livenessOnThisMachine({ ...self, bootId: 'earlier' })).toBe(
      self.machineId === undefined ? 'unknown' : 'dead',
    );
  });
});

describe('parseOwner', () => {
  it('does not know an owner whose file was not finished', () => {
    for (const text of ['', '{', '{"pid":1}', 'null', '{"pid":"1","host":"x"}']) {
      expect(parseOwner(Buffer.from(text))).toBeUndefined();
    }
  });
});
