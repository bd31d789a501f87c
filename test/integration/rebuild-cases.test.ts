/** `npm run rebuild-index` where something is in its way: interruptions, damage, databases in use, rewrites beside their sources. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  beginRebuild,
  commitTogether,
  type Database,
  GroupCommit,
  migrate,
  openDatabase,
  readIndexState,
} from '@sandyq/database';
import {
  catchUpJournal,
  Directory,
  emptyRebuildReport,
  PixelValueComparison,
  rebuildIndex,
} from '@sandyq/indexing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dropDatabase, makeDatabase } from '../faults/support/databases.ts';
import { compareIndexes } from '../support/compare-indexes.ts';
import { mustStore } from '../support/dicomweb.ts';
import { makeNativeImage } from '../support/made-instances.ts';
import { runScript } from '../support/run-script.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

const STUDIES = 8;
const IMAGES = 4;

let test: TestArchive;
const cleanUps: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  // What is superseded stays.
  test = await startArchive({ environment: { SANDYQ_SUPERSEDE_GRACE_SECONDS: '86400' } });
  cleanUps.push(() => test.stop());
  for (let study = 1; study <= STUDIES; study += 1) {
    for (let image = 1; image <= IMAGES; image += 1) await mustStore(test.url, imageOf(study, image));
  }
});

afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

function imageOf(study: number, image: number): Buffer {
  const studyInstanceUid = `2.25.88.${study}`;
  const ids = {
    studyInstanceUid,
    seriesInstanceUid: `${studyInstanceUid}.1`,
    sopInstanceUid: `${studyInstanceUid}.1.${image}`,
  };
  const pixels = Buffer.alloc(128, study * 16 + image);
  return makeNativeImage(
    ids,
    { rows: 8, columns: 8, pixels },
    { instanceNumber: image, patientId: `P-${study}` },
  ).bytes;
}

async function emptyDatabase(): Promise<{
  readonly environment: Record<string, string>;
  readonly database: Database;
}> {
  const connectionString = await makeDatabase();
  cleanUps.push(() => dropDatabase(connectionString));
  const database = openDatabase({ connectionString });
  cleanUps.push(() => database.close());
  return { environment: { SANDYQ_DATA: test.settings.dataFolder, DATABASE_URL: connectionString }, database };
}

const script = (environment: Record<string, string>, ...args: string[]) =>
  runScript('rebuild-index.ts', args, environment);

/** Goes on until so many studies are done, then is interrupted. */
async function interrupted(database: Database, studies: number): Promise<void> {
  const { store, maintenance, logger } = test.archive;
  const groupCommit = new GroupCommit(database);
  const directory = new Directory(database, () => performance.now());
  const pixels = new PixelValueComparison({ threads: 1, isLast: true });
  const ports = { database, store, maintenance, logger, groupCommit, directory, pixels };
  const report = emptyRebuildReport();
  await migrate(database);
  await beginRebuild(database, report);
  await catchUpJournal(ports);
  const stopping = new AbortController();
  const rebuilding = rebuildIndex(
    { ...ports, commit: (segments) => commitTogether(database, segments) },
    {
      parallel: 1,
      after: '',
      isResumed: false,
      report,
      signal: stopping.signal,
      onProgress: () => {
        if (report.studies === studies) stopping.abort();
      },
    },
  );
  await expect(rebuilding).rejects.toMatchObject({ code: 'aborted' });
}

describe('a rebuild of the index', () => {
  it('goes on where it was interrupted, and reads nothing twice', async () => {
    const { environment, database } = await emptyDatabase();
    await interrupted(database, 3);
    expect(await readIndexState(database)).toMatchObject({ isCaughtUp: false, reason: 'rebuild' });

    const anew = await script(environment);
    expect(anew).toMatchObject({ code: 2, stdout: '' });
    expect(anew.stderr).toContain('--resume');

    const { code, stdout, stderr } = await script(environment, '--resume', '--json');
    expect(code, stderr).toBe(0);
    const report = JSON.parse(stdout) as Record<string, number>;
    expect(report).toMatchObject({
      resumed: true,
      studies: STUDIES,
      segments: STUDIES * IMAGES,
      instances: STUDIES * IMAGES,
      instancesOfRun: (STUDIES - 3) * IMAGES,
    });
    // One read a segment that is left, and the end of the journal.
    expect(report['gets']).toBeLessThanOrEqual((STUDIES - 3) * IMAGES + 3);
    expect(await compareIndexes(test.archive.database, database)).toEqual([]);
    expect(await readIndexState(database)).toMatchObject({ isCaughtUp: true });
  });

  it('refuses a database that is in use, and says what to do', async () => {
    const environment = {
      SANDYQ_DATA: test.settings.dataFolder,
      DATABASE_URL: test.testDatabase.connectionString,
    };
    const { code, stderr } = await script(environment);
    expect(code).toBe(2);
    expect(stderr).toContain('empty');
    expect(stderr).toContain('npm run admin -- reconcile');
    expect(await readIndexState(test.archive.database)).toMatchObject({ isCaughtUp: true });
    const { environment: fresh } = await emptyDatabase();
    expect(await script(fresh, '--resume')).toMatchObject({ code: 2 });
    expect(await script(fresh, '--parallel', '0')).toMatchObject({ code: 2 });
  });

  it('says what it would do, and touches no database', async () => {
    const environment = {
      SANDYQ_DATA: test.settings.dataFolder,
      DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none',
    };
    const { code, stdout, stderr } = await script(environment, '--dry-run', '--json');
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      dryRun: true,
      segments: STUDIES * IMAGES,
      instances: STUDIES * IMAGES,
      damaged: [],
      gets: STUDIES * IMAGES,
    });
  });

  it('leaves out what is damaged, and says so', async () => {
    const keys: string[] = [];
    for await (const { key } of test.archive.store.list('v1/')) keys.push(key);
    const [damaged = ''] = keys;
    const path = join(test.settings.dataFolder, 'objects', damaged);
    const whole = await readFile(path);
    const bytes = Buffer.from(whole);
    const inTrailer = bytes.length - 1_530;
    bytes.writeUInt8(bytes.readUInt8(inTrailer) ^ 1, inTrailer);
    await rm(path);
    await writeFile(path, bytes);
    try {
      const { environment, database } = await emptyDatabase();
      const { code, stdout } = await script(environment, '--json');
      expect(code).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({ damaged: [damaged], instances: STUDIES * IMAGES - 1 });
      const differing = await compareIndexes(test.archive.database, database);
      expect(differing.length).toBeGreaterThan(0);
      expect(differing.filter(({ table }) => table === 'sop_instance')).toHaveLength(1);
    } finally {
      await rm(path);
      await writeFile(path, whole);
    }
  });

  it('takes rewrites for what they are made of, where both are there', async () => {
    const { archive } = test;
    const answer = await fetch(`${test.url}/admin/compaction`, { method: 'POST' });
    expect(await answer.json()).toMatchObject({ joined: STUDIES, damaged: [] });
    const { environment, database } = await emptyDatabase();
    const { code, stdout, stderr } = await script(environment, '--json');
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ segments: STUDIES * (IMAGES + 1), damaged: [] });
    expect(await compareIndexes(archive.database, database)).toEqual([]);
    const states = await database.query<{ state: string; segments: number }>({
      text: 'select state, count(*)::int as segments from segment group by state order by state',
    });
    expect(states.rows).toEqual([
      { state: 'live', segments: STUDIES },
      { state: 'superseded', segments: STUDIES * IMAGES },
    ]);
  });
});
