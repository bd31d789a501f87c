/**
 * The object store alone is enough: after duplicates, conflicts, verdicts, compaction and a crash an index that is made
 * anew in an empty database says what the lost one said, row by row and answer by answer.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase, readIndexState } from '@sandyq/database';
import { s3ForTests } from '@sandyq/storage/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { dropDatabase, makeDatabase } from '../faults/support/databases.ts';
import { startArchiveProcess } from '../support/archive-process.ts';
import { collectAnswers, differingAnswers } from '../support/collect-answers.ts';
import { compareIndexes, countRows } from '../support/compare-indexes.ts';
import { corpusNote, skipWithoutCorpus } from '../support/corpus.ts';
import { getJson } from '../support/dicomweb.ts';
import { type ArchiveEnvironment, type LivedArchive, letArchiveLive } from '../support/lived-archive.ts';
import { runScript } from '../support/run-script.ts';
import { SeededRandom, testSeed } from '../support/seeded-random.ts';
import { filesystemTestStore, s3TestStore, type TestStore } from '../support/test-store.ts';

const s3 = await s3ForTests();
const cleanUps: (() => Promise<unknown>)[] = [s3.release];
afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

describe.skipIf(skipWithoutCorpus)(`an index that is made anew from the store${corpusNote}`, () => {
  it('says what the lost one said, on the file system', () => rebuildAfterLife(filesystemTestStore));
  it.skipIf(s3.server === undefined)(`says what the lost one said, on Ceph ${s3.reason ?? ''}`, async () => {
    const { server } = s3;
    if (server === undefined) throw new Error('no S3 server');
    await rebuildAfterLife(() => s3TestStore(server));
  });
});

async function rebuildAfterLife(storeIn: (dataFolder: string) => TestStore): Promise<void> {
  const seed = testSeed();
  process.stderr.write(`rebuild: SANDYQ_TEST_SEED=${seed}\n`);
  const dataFolder = await mkdtemp(join(tmpdir(), 'sandyq-rebuild-'));
  cleanUps.push(() => rm(dataFolder, { recursive: true, force: true }));
  const store = storeIn(dataFolder);
  cleanUps.push(store.remove);
  const environment = {
    ...store.environment,
    SANDYQ_DATA: dataFolder,
    SANDYQ_AUTH: 'keys',
    // Answers name the archive: always the same.
    SANDYQ_PUBLIC_URL: 'http://archive.test',
    SANDYQ_SUPERSEDE_GRACE_SECONDS: '0',
    // Only when it is told to.
    SANDYQ_COMPACT_AFTER_SECONDS: '3600',
  };
  const original = { ...environment, DATABASE_URL: await newDatabase() };
  const lived = await letArchiveLive(original, new SeededRandom(seed));
  const rebuilt = { ...environment, DATABASE_URL: await newDatabase() };
  await rebuild(rebuilt);
  await expectEqualRows(original, rebuilt);
  await expectEqualAnswers(rebuilt, lived);
}

async function rebuild(environment: ArchiveEnvironment): Promise<void> {
  const { code, stdout, stderr } = await runScript('rebuild-index.ts', ['--json'], environment);
  expect(code, stderr).toBe(0);
  const report = JSON.parse(stdout) as Record<string, number>;
  process.stderr.write(
    `rebuild: ${report['instances']} instances, ${report['gets']} GETs, ${report['seconds']} s\n`,
  );
  expect(report).toMatchObject({ damaged: [], dryRun: false, resumed: false, isCaughtUp: true });
  // One read of its end for each segment, the journal, and where rewrites stand beside their sources.
  expect(report['gets']).toBeLessThan((report['segments'] ?? 0) * 1.2 + 50);
}

async function expectEqualRows(first: ArchiveEnvironment, second: ArchiveEnvironment): Promise<void> {
  await withDatabases([first, second], async (original, rebuilt) => {
    const counts = await countRows(original);
    process.stderr.write(`rebuild: rows ${JSON.stringify(counts)}\n`);
    expect(Object.entries(counts).filter(([, count]) => count === 0)).toEqual([]);
    expect(await whatHappened(original)).toEqual(WHAT_HAPPENED);
    expect(await compareIndexes(original, rebuilt)).toEqual([]);
    expect(await readIndexState(rebuilt)).toMatchObject({ isCaughtUp: true });
  });
}

/** A comparison says as much as there was to be compared. */
const WHAT_HAPPENED = {
  states: ['accepted', 'discarded', 'open', 'replaced'],
  corrections: ['discarded', 'open'],
  devices: ['ct'],
  hasRewrites: true,
};

async function whatHappened(database: Database): Promise<object | undefined> {
  const found = await database.query({
    text: `select (select array_agg(distinct state order by state) from quarantine) as states,
      (select array_agg(distinct state order by state) from proposed_correction) as corrections,
      (select array_agg(distinct d.code order by d.code) from series join device d using (device_id)) as devices,
      exists (select from instance where origin_segment_id <> segment_id) as "hasRewrites"`,
  });
  return found.rows[0];
}

async function expectEqualAnswers(
  environment: ArchiveEnvironment,
  { keys, answers, lastChange }: LivedArchive,
): Promise<void> {
  const archive = await startArchiveProcess('standalone', environment);
  try {
    const anew = await collectAnswers(archive.url, keys);
    expect(answers.size).toBeGreaterThan(500);
    expect(differingAnswers(answers, anew)).toEqual([]);
    // Whoever followed the lost database's changes sees everything again.
    const feed = await getJson<{ changes: { cursor: string }[] }>(
      `${archive.url}/admin/changes?after=${lastChange}&limit=1`,
      keys.administrator,
    );
    expect(Number(feed.changes[0]?.cursor.split(':')[0])).toBeGreaterThan(Number(lastChange.split(':')[0]));
    await archive.stop();
  } finally {
    await archive.kill();
  }
}

async function withDatabases(
  environments: readonly [ArchiveEnvironment, ArchiveEnvironment],
  work: (first: Database, second: Database) => Promise<void>,
): Promise<void> {
  const [first, second] = environments.map(({ DATABASE_URL }) =>
    openDatabase({ connectionString: DATABASE_URL }),
  );
  if (first === undefined || second === undefined) throw new Error('two databases are compared');
  try {
    await work(first, second);
  } finally {
    await first.close();
    await second.close();
  }
}

async function newDatabase(): Promise<string> {
  const database = await makeDatabase();
  cleanUps.push(() => dropDatabase(database));
  return database;
}
