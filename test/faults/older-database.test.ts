/**
 * An older database under a newer store, as after a restore from a backup: every study that was acknowledged since is
 * found again, bit for bit, what was decided is decided, verdicts on newcomers are given again, and followers of the change
 * feed miss nothing. Until then it gives no verdict.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@sandyq/database';
import { s3ForTests } from '@sandyq/storage/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { startArchiveProcess } from '../support/archive-process.ts';
import { SeededRandom, testSeed } from '../support/seeded-random.ts';
import { filesystemTestStore, s3TestStore, type TestStore } from '../support/test-store.ts';
import { damagedObjects, missingNewcomers, reconcileNow } from './support/archive-tools.ts';
import { ChangeFollower } from './support/change-follower.ts';
import { Correspondence } from './support/correspondence.ts';
import { dropDatabase, makeDatabase } from './support/databases.ts';
import { decideSome, picture } from './support/drill-decisions.ts';
import type { SentInstance } from './support/sent-instances.ts';
import { look, noFindings } from './support/what-is-there.ts';

const s3 = await s3ForTests();
const cleanUps: (() => Promise<unknown>)[] = [s3.release];
afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

describe('an older database under a newer store', () => {
  it('misses nothing on the file system', () => restoreOlderDatabase(filesystemTestStore));
  it.skipIf(s3.server === undefined)(`misses nothing on Ceph ${s3.reason ?? ''}`, async () => {
    const { server } = s3;
    if (server === undefined) throw new Error('no S3 server');
    await restoreOlderDatabase(() => s3TestStore(server));
  });
});

async function restoreOlderDatabase(storeIn: (dataFolder: string) => TestStore): Promise<void> {
  const seed = testSeed();
  process.stderr.write(`older database: SANDYQ_TEST_SEED=${seed}\n`);
  const { store, environment } = await newArchive(storeIn);
  const sender = new Correspondence(new SeededRandom(seed));
  const follower = new ChangeFollower();
  const newer = await newDatabase();

  await oneDay({ ...environment, DATABASE_URL: newer }, async (url) => {
    await sender.sendOfEveryKind(url);
    expect(await follower.followUntilSeen(url, uidsOf(sender.ofLastDay()))).toEqual([]);
  });
  const older = await newDatabase(newer);
  let decided: Awaited<ReturnType<typeof picture>> = {};
  await oneDay({ ...environment, DATABASE_URL: newer }, async (url) => {
    await sender.sendOfEveryKind(url);
    expect(await follower.followUntilSeen(url, uidsOf(sender.ofLastDay()))).toEqual([]);
    await decideSome(url, sender);
    decided = await picture(url);
  });
  const acknowledgedSince = sender.ofLastDay();

  await oneDay({ ...environment, DATABASE_URL: older }, async (url) => {
    // It is ready, so it has found what it had forgotten, and what was decided of it.
    expect(await picture(url)).toEqual(decided);
    const report = await reconcileNow({ ...environment, DATABASE_URL: older });
    expect(report).toMatchObject({ damaged: [], unknown: 0, replayed: 0 });
    const [known] = acknowledgedSince;
    if (known !== undefined) await sender.repeat(url, known);
    await sender.sendOfEveryKind(url);
    const announced = uidsOf([...acknowledgedSince, ...sender.ofLastDay()]);
    expect(await follower.followUntilSeen(url, announced), 'changes missed').toEqual([]);
    await expectAllThere(url, { sender, store, connectionString: older });
  });
}

function uidsOf(instances: readonly SentInstance[]): string[] {
  return instances.map(({ sopInstanceUid }) => sopInstanceUid);
}

interface Expected {
  readonly sender: Correspondence;
  readonly store: TestStore['store'];
  readonly connectionString: string;
}

async function expectAllThere(url: string, { sender, store, connectionString }: Expected): Promise<void> {
  expect(sender.unexpected).toEqual([]);
  const findings = noFindings();
  await look(url, [...sender.sent.values()], sender.sent, findings);
  expect(findings).toEqual(noFindings());
  expect(await damagedObjects(store)).toEqual([]);
  const database = openDatabase({ connectionString });
  try {
    expect(await missingNewcomers(database, store, sender.kept)).toEqual([]);
    const held = await database.query<{ sop_instance_uid: string }>({
      text: `select c.sop_instance_uid from identity_conflict c
        join sop_instance p using (sop_instance_uid) where c.state = 'open' and p.state = 'identity-conflict'`,
    });
    expect(held.rows.map((row) => row.sop_instance_uid).sort()).toEqual([...sender.heldBack].sort());
  } finally {
    await database.close();
  }
}

/** The archive runs for as long as the work does. */
async function oneDay(
  environment: Readonly<Record<string, string>>,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const archive = await startArchiveProcess('standalone', environment);
  try {
    await work(archive.url);
    await archive.stop();
  } finally {
    await archive.kill();
  }
}

async function newArchive(storeIn: (dataFolder: string) => TestStore) {
  const dataFolder = await mkdtemp(join(tmpdir(), 'sandyq-older-'));
  cleanUps.push(() => rm(dataFolder, { recursive: true, force: true }));
  const { store, environment, remove } = storeIn(dataFolder);
  cleanUps.push(remove);
  // Superseded segments stay, as they do for a day: the older database has yet to judge them.
  return { store, environment: { ...environment, SANDYQ_DATA: dataFolder } };
}

async function newDatabase(copyOf?: string): Promise<string> {
  const database = await makeDatabase(copyOf);
  cleanUps.push(() => dropDatabase(database));
  return database;
}
