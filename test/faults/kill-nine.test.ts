/**
 * kill -9 at random moments of an import, on both stores: what was acknowledged is found and comes back bit for bit,
 * counts are exact, nothing half is visible, and when everything is sent again everything is there once.
 * SANDYQ_TEST_SEED repeats a run as far as the machine lets it; SANDYQ_TEST_KILLS sets the number of rounds.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@sandyq/database';
import { createTestDatabase } from '@sandyq/database/testing';
import { joinEmbeddedPostgres } from '@sandyq/standalone';
import { s3ForTests } from '@sandyq/storage/testing';
import { silentLogger } from '@sandyq/telemetry';
import { afterAll, describe, expect, it } from 'vitest';
import { testSeed } from '../support/seeded-random.ts';
import { filesystemTestStore, s3TestStore, type TestStore } from '../support/test-store.ts';
import { type KillRoundsOptions, runKillRounds } from './support/kill-rounds.ts';
import { killTree } from './support/kill-tree.ts';
import { printTable } from './support/print-table.ts';

const ROUNDS = Number(process.env['SANDYQ_TEST_KILLS'] ?? 50);
/** Rounds in which PostgreSQL is killed together with the archive: a start takes longer. */
const ROUNDS_WITH_DATABASE = Math.min(ROUNDS, 6);
const LIMIT_MS = 1_200_000;

const s3 = await s3ForTests();
const cleanUps: (() => Promise<unknown>)[] = [s3.release];
afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

// Side by side: each waits most of the time for its archive to start.
describe.concurrent('kill -9 during an import', () => {
  it(`of the archive, on the file system, ${ROUNDS} times: loses nothing`, {
    timeout: LIMIT_MS,
  }, async () => {
    await survives('file system', await archiveOnSharedDatabase(filesystemTestStore));
  });

  it.skipIf(s3.server === undefined)(
    `of the archive, on Ceph, ${ROUNDS} times: loses nothing ${s3.reason ?? ''}`,
    { timeout: LIMIT_MS },
    async () => {
      const { server } = s3;
      if (server === undefined) throw new Error('no S3 server');
      await survives('Ceph', await archiveOnSharedDatabase(() => s3TestStore(server)));
    },
  );

  it.skipIf(process.platform !== 'linux')(
    `of the archive and its PostgreSQL, on the file system, ${ROUNDS_WITH_DATABASE} times: loses nothing`,
    { timeout: LIMIT_MS },
    async () => {
      await survives('file system, with PostgreSQL', await archiveWithItsOwnDatabase());
    },
  );
});

type Archive = Omit<KillRoundsOptions, 'seed'>;

async function survives(name: string, archive: Archive): Promise<void> {
  const seed = testSeed();
  process.stderr.write(`kill -9 on ${name}: SANDYQ_TEST_SEED=${seed}\n`);
  const { faults, ...report } = await runKillRounds({ ...archive, seed });
  printTable([
    ['killed', name],
    ['seed', seed],
    ['rounds', archive.rounds],
    ['instances sent', report.sent],
    ['acknowledged', report.acknowledged],
    ['not acknowledged, but whole', report.survivors],
    ['segments found and indexed by a later process', report.replayed],
    ['corrections and refused newcomers kept', report.kept],
    ['lost', faults.lost.length + faults.keptLost.length],
    ['altered', faults.altered.length + faults.damaged.length],
    ['half visible', faults.halfVisible.length + faults.miscounted.length],
  ]);
  expect(Object.values(faults).flat()).toEqual([]);
  expect(report.acknowledged).toBeGreaterThan(0);
}

/** PostgreSQL is the one of the test run, and is not killed. */
async function archiveOnSharedDatabase(storeIn: (dataFolder: string) => TestStore): Promise<Archive> {
  const dataFolder = await newDataFolder();
  const { connectionString, drop } = await createTestDatabase();
  cleanUps.push(drop);
  const { store, environment, remove } = storeIn(dataFolder);
  cleanUps.push(remove);
  return {
    rounds: ROUNDS,
    store,
    environment: { ...environment, ...settingsIn(dataFolder), DATABASE_URL: connectionString },
    openDatabase: async () => ({ connectionString, database: openDatabase({ connectionString }) }),
    kill: (archive) => archive.kill(),
  };
}

/** PostgreSQL is a child of the archive, and ends in the same moment. */
async function archiveWithItsOwnDatabase(): Promise<Archive> {
  const dataFolder = await newDataFolder();
  return {
    rounds: ROUNDS_WITH_DATABASE,
    store: filesystemTestStore(dataFolder).store,
    environment: settingsIn(dataFolder),
    openDatabase: async () => {
      const { connectionString } = await joinEmbeddedPostgres({
        dataDirectory: dataFolder,
        logger: silentLogger(),
      });
      return { connectionString, database: openDatabase({ connectionString }) };
    },
    kill: async (archive) => {
      if (!archive.hasEnded()) await killTree(archive.pid);
      await archive.kill();
    },
  };
}

async function newDataFolder(): Promise<string> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'sandyq-kill-'));
  cleanUps.push(() => rm(dataFolder, { recursive: true, force: true }));
  return dataFolder;
}

function settingsIn(dataFolder: string) {
  return { SANDYQ_DATA: dataFolder };
}
