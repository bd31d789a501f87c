/**
 * What is known of other encodings lasts: through a rebuild, which decodes nothing that was judged; through a process that had no time
 * or died before the verdict; and what an older version refused is judged again when an administrator asks for it.
 */
import {
  beginRebuild,
  commitTogether,
  type Database,
  endRebuild,
  GroupCommit,
  markIndexCaughtUp,
  migrate,
  openDatabase,
  readIndexState,
} from '@sandyq/database';
import { type TransferSyntax, TransferSyntaxes } from '@sandyq/dicom';
import { quarantinePorts, reconcilePorts } from '@sandyq/index';
import {
  acceptQuarantined,
  catchUpJournal,
  Directory,
  emptyRebuildReport,
  exportJournal,
  PixelValueComparison,
  rebuildIndex,
  reconcile,
  replayBygone,
} from '@sandyq/indexing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dropDatabase, makeDatabase } from '../faults/support/databases.ts';
import { compareIndexes } from '../support/compare-indexes.ts';
import { waitForSupersession } from '../support/deploy-archive.ts';
import { encodeImage, type ImageOptions, type PlainImage } from '../support/encoded-images.ts';
import { noisyImage, withOneOtherPixel } from '../support/pixel-noise.ts';
import { SeededRandom, testSeed } from '../support/seeded-random.ts';
import { QuarantineArchive } from './quarantine-archive.ts';

const seed = testSeed();
const random = new SeededRandom(seed);
const { ExplicitVRLittleEndian, RLELossless, JPEGLSLossless, JPEG2000Lossless } = TransferSyntaxes;

let here: QuarantineArchive;
const cleanUps: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  here = await QuarantineArchive.start();
  cleanUps.push(() => here.test.stop());
});
afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

function encode(
  study: string,
  image: PlainImage,
  syntax: TransferSyntax,
  options?: ImageOptions,
): Promise<Buffer> {
  const series = `${study}.1`;
  const ids = { studyInstanceUid: study, seriesInstanceUid: series, sopInstanceUid: `${series}.1` };
  return encodeImage(ids, image, syntax, options);
}

const sameElsewhere = { kind: 'stored', reason: 'equal-in-another-encoding' };

/** A comparison that gives up at once, as one of an older version knew nothing. */
function hasty(isLast: boolean): PixelValueComparison {
  const pixels = new PixelValueComparison({ threads: 1, isLast, mostMs: 1 });
  cleanUps.push(() => pixels.close());
  return pixels;
}

/** Lets bytes in past the ingest service, by way of quarantine, where pixel values are compared by this comparison. */
async function letIn(bytes: Uint8Array, pixels: PixelValueComparison) {
  expect(await here.storeElsewhere(bytes)).toBe(409);
  const { quarantineId } = await here.newest();
  return acceptQuarantined(quarantinePorts(here.test.archive, pixels), quarantineId, 'test');
}

async function judgeAgain(id: number): Promise<{ status: number; json: Record<string, unknown> }> {
  const url = `${here.test.url}/admin/quarantine/${id}/judge-again`;
  const answer = await fetch(url, { method: 'POST', headers: here.administrator });
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
}

/** What was refused because its pixel values could not be compared. */
async function refusedInDoubt(study: string): Promise<number> {
  const entry = (await here.entries({ reason: 'duplicate-sop-instance', state: 'open' })).find(
    ({ studyInstanceUid }) => studyInstanceUid === study,
  );
  expect(entry?.message).toMatch(/pixel values cannot be compared \(it took longer/);
  return entry?.quarantineId ?? 0;
}

/** An index that is made anew from the store, by a comparison that compares nothing any more. */
async function rebuilt(): Promise<Database> {
  const { store, maintenance, logger, database: own } = here.test.archive;
  await exportJournal({ database: own, store, maintenance, logger });
  const connectionString = await makeDatabase();
  cleanUps.push(() => dropDatabase(connectionString));
  const database = openDatabase({ connectionString });
  cleanUps.push(() => database.close());
  const pixels = new PixelValueComparison({ threads: 1, isLast: true });
  await pixels.close();
  const groupCommit = new GroupCommit(database);
  const directory = new Directory(database, () => performance.now());
  const ports = { database, store, maintenance, logger, groupCommit, directory, pixels };
  const report = emptyRebuildReport();
  await migrate(database);
  await beginRebuild(database, report);
  await catchUpJournal(ports);
  const before = await readIndexState(database);
  const commit = (segments: Parameters<typeof commitTogether>[1]) => commitTogether(database, segments);
  await rebuildIndex({ ...ports, commit }, { parallel: 1, after: '', isResumed: false, report });
  await replayBygone(ports);
  await database.inTransaction(async (client) => {
    await endRebuild(client);
    await markIndexCaughtUp(client, before);
  });
  return database;
}

/** The device of this archive was made before the line that tells of it: its time is another. */
async function differences(database: Database): Promise<readonly object[]> {
  const found = await compareIndexes(here.test.archive.database, database);
  return found.filter(({ table }) => table !== 'device');
}

describe(`other encodings, later, seed ${seed}`, () => {
  it('are judged by whoever comes next where there was no time', async () => {
    const study = here.newStudy();
    const image = noisyImage(random);
    const native = await encode(study, image, ExplicitVRLittleEndian);
    const compressed = await encode(study, image, JPEG2000Lossless);
    await here.store(native);
    await expect(letIn(compressed, hasty(false))).rejects.toMatchObject({
      name: 'ComparisonError',
      code: 'timeout',
    });
    const due = async () =>
      (await here.test.archive.database.query({ text: 'select from segment where verdicts_due' })).rowCount;
    expect(await due()).toBe(1);
    const { archive } = here.test;
    const ports = reconcilePorts(archive);
    await reconcile(ports, { dryRun: false, minimumAgeMs: 0, now: () => new Date() });
    expect(await due()).toBe(0);
    expect(await here.store(compressed)).toMatchObject(sameElsewhere);
    expect(await here.original(study, 1)).toEqual(native);
  });

  it('are closed in quarantine when they are judged again, and known from then on', async () => {
    const study = here.newStudy();
    const image = noisyImage(random);
    const compressed = await encode(study, image, JPEGLSLossless);
    await here.store(compressed);
    const native = await encode(study, image, ExplicitVRLittleEndian);
    expect(await letIn(native, hasty(true))).toMatchObject({
      verdict: { kind: 'failed', reason: 'duplicate-sop-instance' },
    });
    const id = await refusedInDoubt(study);
    expect(await here.store(native)).toMatchObject({ kind: 'failed', reason: 'duplicate-sop-instance' });
    expect(await judgeAgain(id)).toEqual({
      status: 200,
      json: {
        quarantineId: id,
        verdict: { kind: 'stored', warning: 'equal-in-another-encoding' },
        sopInstanceUid: `${study}.1.1`,
      },
    });
    expect(await here.store(native)).toMatchObject(sameElsewhere);
    expect(await judgeAgain(id)).toMatchObject({ status: 409, json: { error: 'conflict' } });
    expect(await judgeAgain(999_999)).toMatchObject({ status: 404 });
    expect((await here.entries()).find(({ quarantineId }) => quarantineId === id)).toMatchObject({
      state: 'discarded',
    });
  });

  it('become proposed corrections when they are judged again, or stay as they are', async () => {
    const study = here.newStudy();
    const image = noisyImage(random);
    await here.store(await encode(study, image, RLELossless));
    const corrected = await encode(study, image, JPEG2000Lossless, { patientName: 'Сынақ^Айгүл^Серікқызы' });
    await letIn(corrected, hasty(true));
    expect(await judgeAgain(await refusedInDoubt(study))).toMatchObject({
      json: { verdict: { kind: 'stored', warning: 'proposed-correction' } },
    });
    expect(await here.store(corrected)).toMatchObject({ kind: 'stored', reason: 'proposed-correction' });

    const changed = await encode(study, withOneOtherPixel(image), JPEG2000Lossless);
    expect(await here.store(changed)).toMatchObject({ reason: 'duplicate-sop-instance' });
    const { quarantineId } = await here.newest();
    expect(await judgeAgain(quarantineId)).toMatchObject({
      status: 200,
      json: { verdict: { kind: 'failed', reason: 'duplicate-sop-instance' } },
    });
    expect(await here.newest()).toMatchObject({ quarantineId, state: 'open' });
    expect(await here.storeElsewhere(changed)).toBe(409);
    const elsewhere = await here.newest();
    expect(await judgeAgain(elsewhere.quarantineId)).toMatchObject({
      status: 409,
      json: { message: expect.stringContaining('use "accept"') },
    });
  });

  it('are what they were in an index that is made anew, and nothing is decoded for it', async () => {
    const study = here.newStudy();
    const image = noisyImage(random, 2);
    const files = await Promise.all(
      [ExplicitVRLittleEndian, RLELossless, JPEGLSLossless, JPEG2000Lossless].map((syntax) =>
        encode(study, image, syntax),
      ),
    );
    const verdicts = await Promise.all(files.map((bytes) => here.store(bytes)));
    expect(verdicts.filter(({ reason }) => reason === undefined)).toHaveLength(1);
    // With the bytes of other encodings in the store, as far as they are there yet, and without.
    expect(await differences(await rebuilt())).toEqual([]);
    await waitForSupersession(here.test.archive);
    const last = await rebuilt();
    expect(await differences(last)).toEqual([]);
    const known = await last.query<{ encodings: number }>({
      text: 'select count(*)::int as encodings from known_encoding where not same_encoding',
    });
    // Three of this study, and one of each of the first two tests.
    expect(known.rows).toEqual([{ encodings: 5 }]);
  }, 60_000);
});
