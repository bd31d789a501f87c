/**
 * The drill of docs/operations.md: an archive is backed up under load, goes on, is lost, and starts at a new place from the
 * copy of its database and what its store holds by now. Everything acknowledged and decided is there, also what came after
 * the backup. And kill -9 of a backup harms nobody.
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '@sandyq/database';
import { s3ForTests } from '@sandyq/storage/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { type ArchiveProcess, startArchiveProcess } from '../support/archive-process.ts';
import { getJson, storeOne } from '../support/dicomweb.ts';
import { makeNativeImage } from '../support/made-instances.ts';
import { SeededRandom, testSeed } from '../support/seeded-random.ts';
import { ChangeFollower } from './support/change-follower.ts';
import { Correspondence } from './support/correspondence.ts';
import { decideSome, newDeviceKey, picture } from './support/drill-decisions.ts';
import { type DrillPlace, embeddedPlace, externalPlace } from './support/drill-place.ts';
import { killTree } from './support/kill-tree.ts';
import { printTable } from './support/print-table.ts';
import { mustAdmin, mustBeWhole, runAdmin, type Settings, startAdmin } from './support/run-admin.ts';
import { look, noFindings } from './support/what-is-there.ts';

const s3 = await s3ForTests();
const cleanUps: (() => Promise<unknown>)[] = [s3.release];
afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

describe('the restore drill', () => {
  it.skipIf(process.platform !== 'linux')('embedded database, file system', async () => {
    await drill('online', await embeddedPlace(cleanUps));
  });
  it.skipIf(s3.server === undefined)(`PostgreSQL of one's own, Ceph ${s3.reason ?? ''}`, async () => {
    const { server } = s3;
    if (server === undefined) throw new Error('no S3 server');
    await drill('offline', await externalPlace(server, cleanUps));
  });
});

async function drill(backup: 'online' | 'offline', place: DrillPlace): Promise<void> {
  const seed = testSeed();
  process.stderr.write(`restore drill: SANDYQ_TEST_SEED=${seed}\n`);
  const sender = new Correspondence(new SeededRandom(seed));
  const follower = new ChangeFollower();
  const { decisions, expected, key, epoch } = await untilLost(backup, place, sender, follower);

  const startedAt = performance.now();
  const settings = await place.restore();
  const restoredMs = performance.now() - startedAt;
  await withArchive(settings, async ({ url }) => {
    const readyMs = performance.now() - startedAt;
    expect(sender.unexpected).toEqual([]);
    const findings = noFindings();
    await look(url, [...sender.sent.values()], sender.sent, findings);
    expect(findings).toEqual(noFindings());
    expect(await picture(url)).toEqual(expected);
    const uids = sender.ofLastDay().map(({ sopInstanceUid }) => sopInstanceUid);
    expect(await follower.followUntilSeen(url, uids), 'changes missed').toEqual([]);
    expect(await epochOf(url)).toBeGreaterThan(epoch);
    expect(await mustBeWhole(settings)).toContain('Everything is whole.');
    printTable([
      ['instances', sender.sent.size],
      ['of them after the backup', sender.ofLastDay().length],
      ['decisions after the backup', decisions],
      ['restored, ms', Math.round(restoredMs)],
      ['… and ready, ms', Math.round(readyMs)],
      ['lost, altered, undecided', 0],
    ]);
  });
  await withArchive({ ...settings, SANDYQ_AUTH: 'keys' }, async ({ url }) => {
    const headers = { Authorization: `Bearer ${key}` };
    expect(await storeOne(url, anImage(0), { headers })).toMatchObject({ kind: 'stored' });
  });
}

/** Three days of an archive; the backup is made on the second one, and on the third one it ends for good. */
async function untilLost(
  backup: 'online' | 'offline',
  place: DrillPlace,
  sender: Correspondence,
  follower: ChangeFollower,
) {
  const { settings } = place;
  await withArchive(settings, async ({ url }) => {
    await sender.sendOfEveryKind(url);
    const known = sender.ofLastDay().map(({ sopInstanceUid }) => sopInstanceUid);
    expect(await follower.followUntilSeen(url, known)).toEqual([]);
    if (backup === 'online') await Promise.all([place.backUp(), sender.sendOfEveryKind(url)]);
  });
  if (backup === 'offline') await place.backUp();
  const archive = await startArchiveProcess('standalone', settings);
  try {
    await sender.sendOfEveryKind(archive.url);
    const decisions = await decideSome(archive.url, sender);
    const key = await newDeviceKey(archive.url);
    return { decisions, key, expected: await picture(archive.url), epoch: await epochOf(archive.url) };
  } finally {
    await killTree(archive.pid);
  }
}

function anImage(pixel: number): Buffer {
  const ids = { studyInstanceUid: '2.25.101', seriesInstanceUid: '2.25.102', sopInstanceUid: '2.25.103' };
  return makeNativeImage(ids, { rows: 8, columns: 8, pixels: Buffer.alloc(128, pixel) }).bytes;
}

/** Of the feed's end. */
async function epochOf(url: string): Promise<number> {
  for (let cursor = '0:0'; ; ) {
    const { next } = await getJson<{ next: string }>(`${url}/admin/changes?after=${cursor}`);
    if (next === cursor) return Number(next.split(':')[0]);
    cursor = next;
  }
}

async function withArchive(
  settings: Settings,
  work: (archive: ArchiveProcess) => Promise<void>,
): Promise<void> {
  const archive = await startArchiveProcess('standalone', settings);
  try {
    await work(archive);
    await archive.stop();
  } finally {
    await archive.kill();
  }
}

describe('kill -9 of a backup', () => {
  it('leaves a folder that is known for unfinished, and an archive that goes on and lets go of its log', async () => {
    const { folder, settings } = await onItsOwn();
    const sender = new Correspondence(new SeededRandom(testSeed()));
    await withArchive(settings, async ({ url }) => {
      await sender.sendOfEveryKind(url);
      const killed = join(folder, 'killed');
      await Promise.all([killBackup(settings, killed), sender.sendOfEveryKind(url)]);
      await expect.poll(() => slotsOf(settings), { timeout: 10_000 }).toBe(0);
      for (const args of [
        ['verify', killed],
        ['restore', killed, '--data', join(folder, 'new')],
      ]) {
        const { code, stderr } = await runAdmin({}, 'backup', ...args);
        expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('no finished backup') });
      }
      await mustAdmin(settings, 'backup', 'create', join(folder, 'again'));
      expect(await mustAdmin({}, 'backup', 'verify', join(folder, 'again'))).toContain('whole');
      const findings = noFindings();
      await look(url, [...sender.sent.values()], sender.sent, findings);
      expect(findings).toEqual(noFindings());
    });
  });
});

describe('an archive that nobody decided anything in since its backup', () => {
  it('gives no verdict before it knows what it has forgotten', async () => {
    const { folder, settings } = await onItsOwn();
    const [known, other] = [anImage(0), anImage(1)];
    await withArchive(settings, async ({ url }) => {
      await mustAdmin(
        settings,
        'backup',
        'create',
        join(folder, 'backup'),
        '--objects',
        join(folder, 'copy'),
      );
      expect(await storeOne(url, known)).toMatchObject({ kind: 'stored', reason: undefined });
    });
    const objects = join(settings.SANDYQ_DATA, 'objects');
    const fresh = join(folder, 'new');
    await mustAdmin({}, 'backup', 'restore', join(folder, 'backup'), '--data', fresh, '--objects', objects);
    await withArchive({ SANDYQ_DATA: fresh }, async ({ url, output }) => {
      expect(output()).toContain('"event":"database-restored"');
      expect(await storeOne(url, other)).toMatchObject({ kind: 'failed', reason: 'duplicate-sop-instance' });
      expect(await storeOne(url, known)).toMatchObject({ kind: 'stored', reason: undefined });
    });
    await withArchive({ SANDYQ_DATA: fresh }, async ({ output }) => {
      expect(output()).not.toContain('database-restored');
    });
  });
});

async function onItsOwn() {
  const folder = await mkdtemp(join(tmpdir(), 'sandyq-backup-'));
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
  return { folder, settings: { SANDYQ_DATA: join(folder, 'data') } };
}

/** SIGKILL as soon as the database knows of the backup. */
async function killBackup(settings: Settings, folder: string): Promise<void> {
  const child = startAdmin(settings, ['backup', 'create', folder]);
  const ended = once(child, 'exit');
  while ((await slotsOf(settings)) === 0 && child.exitCode === null) await sleep(5);
  child.kill('SIGKILL');
  expect((await ended)[1], 'it ended before it was killed').toBe('SIGKILL');
}

/** How many copies the embedded database keeps its log for. */
async function slotsOf({ SANDYQ_DATA }: Settings): Promise<number> {
  const socket = encodeURIComponent(join(SANDYQ_DATA ?? '', 'postgres-socket'));
  const connectionString = `postgresql://sandyq@localhost/sandyq?host=${socket}`;
  const database = openDatabase({ connectionString, maxConnections: 1 });
  try {
    const text = 'select count(*)::int as slots from pg_replication_slots';
    return (await database.query<{ slots: number }>({ text })).rows[0]?.slots ?? 0;
  } finally {
    await database.close();
  }
}
