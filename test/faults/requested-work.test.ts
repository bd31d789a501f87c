/**
 * The end, by kill -9 or in order, of the process that carries a plan out for somebody who asked over HTTP: the same service
 * started anew, or another index process that runs beside, takes the request over and comes to the same end.
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listCertificates, readCertificate } from '@sandyq/database';
import { createTestDatabase } from '@sandyq/database/testing';
import { certificateFile, verifyCertificate } from '@sandyq/disposition';
import { studyKeyPrefix } from '@sandyq/storage';
import { afterEach, describe, expect, it } from 'vitest';
import { type ArchiveProcess, type ServiceName, startArchiveProcess } from '../support/archive-process.ts';
import { adopt, approvedPlan, storeOldStudy } from '../support/disposing-archive.ts';
import { ask, follow } from '../support/requested-work.ts';
import { filesystemTestStore } from '../support/test-store.ts';
import { type ArchiveEnvironment, withArchive } from './support/archive-tools.ts';

/** One a second: time enough to die in the middle. */
const STUDIES = Array.from({ length: 15 }, (_, index) => `2.25.701.${index + 10}`);

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

describe('an execution whose process ends', () => {
  it('goes on in the same service, started anew: after kill -9, after SIGTERM', async () => {
    const here = await newArchive();
    const first = await here.start('standalone');
    const { planId, path } = await beginSlowly(here, { index: first.url, ingest: first.url });
    await first.kill();
    await aMinutePasses(here);
    const second = await here.start('standalone');
    await expect
      .poll(async () => (await fetch(`${second.url}${path}`)).json(), PATIENT)
      .toMatchObject({ state: 'running' });
    await second.stop();
    expect(await statesOf(here, planId)).toContain('planned');
    await noLongerSlowly(here);
    await expectTheEnd(here, await here.start('standalone'), { planId, path });
  });

  it('is taken over by another index process that runs beside', async () => {
    const here = await newArchive();
    const [first, { url: ingest }] = [await here.start('index'), await here.start('ingest')];
    const { planId, path } = await beginSlowly(here, { index: first.url, ingest });
    const beside = await here.start('index');
    await first.kill();
    expect(await statesOf(here, planId)).toContain('planned');
    await noLongerSlowly(here);
    await aMinutePasses(here);
    await expectTheEnd(here, beside, { planId, path });
  });
});

const PATIENT = { timeout: 60_000 };

/** Asks for the execution of a plan and returns when it is in the middle. */
async function beginSlowly(
  { environment, database }: Here,
  urls: Readonly<Record<'index' | 'ingest', string>>,
) {
  for (const study of STUDIES) await storeOldStudy(urls.ingest, study);
  const planId = await withArchive(environment, async (archive) => {
    await adopt(archive);
    return (await approvedPlan(archive)).planId;
  });
  const body = { dryRun: false, studiesPerSecond: 1 };
  const location = await ask(urls.index, `/admin/retention/plans/${planId}/execute`, { body });
  await expect.poll(() => statesOf({ database }, planId), PATIENT).toContain('purging');
  return { planId, path: new URL(location).pathname };
}

async function aMinutePasses({ database }: Here): Promise<void> {
  await database.query({ text: 'update background_request set held_until = now()' });
}

/** For whoever takes it up from now on. */
async function noLongerSlowly({ database }: Here): Promise<void> {
  await database.query({ text: `update background_request set input = input - 'studiesPerSecond'` });
}

async function expectTheEnd(
  here: Here,
  { url }: ArchiveProcess,
  { planId, path }: { readonly planId: string; readonly path: string },
): Promise<void> {
  expect(await follow(`${url}${path}`)).toMatchObject({
    state: 'done',
    requestedBy: 'single-user',
    result: { isEnded: true, progress: [{ state: 'purged', studies: STUDIES.length }] },
  });
  for (const study of STUDIES)
    expect(await Array.fromAsync(here.store.list(studyKeyPrefix(study))), study).toEqual([]);
  expect(await certified(here, planId)).toEqual(STUDIES);
}

type Here = Awaited<ReturnType<typeof newArchive>>;

async function newArchive() {
  const dataFolder = await mkdtemp(join(tmpdir(), 'sandyq-requested-'));
  cleanUps.push(() => rm(dataFolder, { recursive: true, force: true }));
  const testDatabase = await createTestDatabase();
  cleanUps.push(testDatabase.drop);
  const signingKey = join(dataFolder, 'key.pem');
  const { privateKey } = generateKeyPairSync('ed25519');
  await writeFile(signingKey, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const environment: ArchiveEnvironment = {
    SANDYQ_DATA: dataFolder,
    DATABASE_URL: testDatabase.connectionString,
    SANDYQ_SIGNING_KEY: signingKey,
    SANDYQ_RETENTION_GRACE_DAYS: '0',
    SANDYQ_COMPACT_BYTES_PER_SECOND: '0',
  };
  const start = async (name: ServiceName): Promise<ArchiveProcess> => {
    const started = await startArchiveProcess(name, environment);
    cleanUps.push(() => (started.hasEnded() ? Promise.resolve() : started.stop()));
    return started;
  };
  const { store } = filesystemTestStore(dataFolder);
  return { environment, database: testDatabase.database, store, start };
}

async function statesOf({ database }: Pick<Here, 'database'>, planId: string): Promise<unknown[]> {
  const { rows } = await database.query({
    text: 'select state from disposition_plan_item where plan_id = $1 order by ordinal',
    values: [planId],
  });
  return rows.map(({ state }) => state as unknown);
}

/** Studies that the certificates of a plan name. */
async function certified({ database }: Here, planId: string): Promise<string[]> {
  const studies: string[] = [];
  for (const { certificateId } of await listCertificates(database, { planId }, 10)) {
    const certificate = await readCertificate(database, certificateId);
    const { statement } = verifyCertificate(certificateFile(certificate), certificate.publicKey);
    studies.push(...statement.studies.map(({ studyInstanceUid }) => studyInstanceUid));
  }
  return studies.sort();
}
