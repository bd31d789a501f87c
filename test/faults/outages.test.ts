/**
 * PostgreSQL or the object store away during a push, answers lost on their way, connections cut: senders are told to
 * come again, nobody is told of a success that is none, and when they come again everything is there once.
 */

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase, type TestDatabase } from '@sandyq/database/testing';
import { type FaultyProxy, s3ForTests, startFaultyProxy } from '@sandyq/storage/testing';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type ArchiveProcess, startArchiveProcess } from '../support/archive-process.ts';
import { get, storeMany } from '../support/dicomweb.ts';
import { encodeMultipart } from '../support/multipart.ts';
import { SeededRandom, testSeed } from '../support/seeded-random.ts';
import { s3TestStore } from '../support/test-store.ts';
import { reconcileNow } from './support/archive-tools.ts';
import { sendAndCut, untilAnswers, untilStored } from './support/cut-and-wait.ts';
import { type LostCommit, startPostgresProxy } from './support/postgres-proxy.ts';
import { imageOf, type SentInstance } from './support/sent-instances.ts';
import { look, noFindings } from './support/what-is-there.ts';

const s3 = await s3ForTests();
const random = new SeededRandom(testSeed());
const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});
afterAll(s3.release);

describe('PostgreSQL away during a push', () => {
  it('is told by 503 and a time to come back; afterwards everything is there once', async () => {
    const { archive, proxy } = await archiveBehindPostgresProxy();
    const study = newStudy();
    const before = await push(archive.url, study(5));
    expect(new Set(before.map(({ status }) => status))).toEqual(new Set([200]));

    const during = push(archive.url, study(20));
    await sleep(random.integer(0, 40));
    proxy.cut();
    const after = await push(archive.url, study(4));
    expect(new Set(after.map(({ status }) => status))).toEqual(new Set([503]));
    expect(after.every(({ retryAfter }) => Number(retryAfter) > 0)).toBe(true);
    await untilAnswers(`${archive.url}/readyz`, 503);
    expect((await get(`${archive.url}/healthz`)).status).toBe(200);
    proxy.restore();
    await untilAnswers(`${archive.url}/readyz`, 200);

    const all = [...before, ...(await during), ...after];
    expect(all.every(({ status }) => status === 200 || status === 503)).toBe(true);
    await expectAcknowledged(archive.url, all);
    await comeAgain(archive.url, all);
    expect(archive.hasEnded()).toBe(false);
  });

  it.each<LostCommit>(['before', 'after'])(
    'with a COMMIT lost %s it happened: one instance, plain success',
    async (which) => {
      const { archive, proxy } = await archiveBehindPostgresProxy();
      const instances = newStudy()(1);
      const lost = proxy.loseNextCommit(which);
      const sent = await push(archive.url, instances);
      await lost;
      expect(sent.map(({ status }) => status)).toEqual([200]);
      await expectAcknowledged(archive.url, sent);
    },
  );
});

describe.skipIf(s3.server === undefined)(`the object store away during a push ${s3.reason ?? ''}`, () => {
  it('is told by 503 and a time to come back; afterwards everything is there once', async () => {
    const { archive, proxy } = await archiveBehindStoreProxy();
    const study = newStudy();
    const before = await push(archive.url, study(3));
    proxy.setFault(({ method }) => (method === 'PUT' ? { kind: 'break-before' } : { kind: 'pass' }));
    const during = await push(archive.url, study(3));
    proxy.setFault(() => ({ kind: 'answer', status: 503 }));
    const away = await push(archive.url, study(3));
    proxy.setFault(() => ({ kind: 'pass' }));
    expect(before.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect([...during, ...away].map(({ status }) => status)).toEqual([503, 503, 503, 503, 503, 503]);
    expect([...during, ...away].every(({ retryAfter }) => Number(retryAfter) > 0)).toBe(true);
    await expectAcknowledged(archive.url, [...before, ...during, ...away]);
    await comeAgain(archive.url, [...before, ...during, ...away]);
  });

  it('with its answers lost, is asked whether it has the object: plain success', async () => {
    const { archive, proxy } = await archiveBehindStoreProxy();
    proxy.setFault(({ method }) => (method === 'PUT' ? { kind: 'break-after' } : { kind: 'pass' }));
    const sent = await push(archive.url, newStudy()(2));
    expect(sent.map(({ status }) => status)).toEqual([200, 200]);
    await expectAcknowledged(archive.url, sent);
  });

  it('after it has stored an object: the object is found, and the instance is there once', async () => {
    const { archive, proxy, environment } = await archiveBehindStoreProxy();
    const instances = newStudy()(2);
    proxy.setFault(({ method }) => ({ kind: method === 'PUT' ? 'break-after' : 'break-before' }));
    const sent = await push(archive.url, instances);
    proxy.setFault(() => ({ kind: 'pass' }));
    expect(sent.every(({ status }) => status === 503)).toBe(true);
    expect(await reconcileNow(environment)).toMatchObject({ unknown: 2, replayed: 2 });
    await expectAcknowledged(
      archive.url,
      sent.map(({ instance }) => ({ instance, status: 200 })),
    );
    await comeAgain(archive.url, sent);
  });

  it('never leads to a verdict on a newcomer under a known SOP Instance UID', async () => {
    const { archive, proxy, database } = await archiveBehindStoreProxy();
    const [known] = newStudy()(1);
    if (known === undefined) throw new Error('one instance');
    await push(archive.url, [known]);
    const contradiction = { ...known, bytes: imageOf(known, known.patientId, { variant: 1 }) };
    proxy.setFault(({ method }) => (method === 'GET' ? { kind: 'break-before' } : { kind: 'pass' }));
    expect(await push(archive.url, [contradiction])).toMatchObject([{ status: 503 }]);
    proxy.setFault(() => ({ kind: 'pass' }));
    expect(await quarantined(database)).toBe(0);
    expect(await push(archive.url, [contradiction])).toMatchObject([{ status: 409 }]);
    expect(await quarantined(database)).toBe(1);
  });
});

describe('a connection that is cut', () => {
  it('in the third of three parts: two are stored, of the third nothing is left', async () => {
    const { archive, dataFolder, database } = await newArchive();
    const instances = newStudy()(3);
    const { contentType, body } = encodeMultipart(instances.map(({ bytes }) => bytes));
    const third = body.indexOf(instances[2]?.bytes ?? '');
    await sendAndCut(archive.url, { contentType, body, cutAt: third + 4_000 });
    await untilStored(archive.url, instances.slice(0, 2));
    await expectNothingMore(dataFolder, database);
    expect(
      (
        await storeMany(
          archive.url,
          instances.map(({ bytes }) => bytes),
        )
      ).status,
    ).toBe(200);
    await expectAcknowledged(
      archive.url,
      instances.map((instance) => ({ instance, status: 200 })),
    );
  });

  it('in a single instance: nothing is left', async () => {
    const { archive, dataFolder, database } = await newArchive();
    const [instance] = newStudy()(1);
    const body = instance?.bytes ?? Buffer.alloc(0);
    await sendAndCut(archive.url, { contentType: 'application/dicom', body, cutAt: body.length - 1 });
    await expectNothingMore(dataFolder, database);
    expect((await get(`${archive.url}/dicom-web/instances`)).status).toBe(204);
  });
});

/** An instance, and what its sender was told. */
interface Pushed {
  readonly instance: SentInstance;
  readonly status: number;
  readonly retryAfter?: string | null;
}

/** One request an instance, four at a time; the results in the order of the instances. */
async function push(url: string, instances: readonly SentInstance[]): Promise<Pushed[]> {
  const results: Pushed[] = [];
  const queue = instances.entries();
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (const [index, instance] of queue) {
        const answer = await fetch(`${url}/dicom-web/studies`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/dicom' },
          body: new Uint8Array(instance.bytes),
        });
        await answer.arrayBuffer();
        results[index] = { instance, status: answer.status, retryAfter: answer.headers.get('retry-after') };
      }
    }),
  );
  return results;
}

/** What was acknowledged is there, and what is there is whole. */
async function expectAcknowledged(url: string, pushed: readonly Pushed[]): Promise<void> {
  const instances = pushed.map(({ instance, status }) => ({ ...instance, acknowledged: status === 200 }));
  const findings = noFindings();
  await look(url, instances, new Map(instances.map((each) => [each.sopInstanceUid, each])), findings);
  expect({ ...findings, survivors: [] }).toEqual(noFindings());
}

/** Everybody sends again, and is told of success. */
async function comeAgain(url: string, pushed: readonly Pushed[]): Promise<void> {
  const again = await push(
    url,
    pushed.map(({ instance }) => instance),
  );
  expect(again.filter(({ status }) => status !== 200)).toEqual([]);
  await expectAcknowledged(url, again);
}

function newStudy(): (count: number) => SentInstance[] {
  const studyInstanceUid = random.uid();
  return (count) =>
    Array.from({ length: count }, () => {
      const ids = {
        studyInstanceUid,
        seriesInstanceUid: `${studyInstanceUid}.1`,
        sopInstanceUid: random.uid(),
      };
      return { ...ids, patientId: 'P-1', round: 0, acknowledged: false, bytes: imageOf(ids, 'P-1') };
    });
}

async function newArchive(environment: Readonly<Record<string, string>> = {}) {
  const dataFolder = await mkdtemp(join(tmpdir(), 'sandyq-outage-'));
  cleanUps.push(() => rm(dataFolder, { recursive: true, force: true }));
  const database = await createTestDatabase();
  cleanUps.push(database.drop);
  const all = { DATABASE_URL: database.connectionString, SANDYQ_DATA: dataFolder, ...environment };
  const archive = await start(all);
  return { archive, database, dataFolder, environment: all };
}

async function start(environment: Readonly<Record<string, string>>): Promise<ArchiveProcess> {
  const archive = await startArchiveProcess('standalone', environment);
  cleanUps.push(archive.stop);
  return archive;
}

async function archiveBehindPostgresProxy() {
  const database = await createTestDatabase();
  cleanUps.push(database.drop);
  const proxy = await startPostgresProxy(database.connectionString);
  cleanUps.push(() => proxy.close());
  const { archive } = await newArchive({ DATABASE_URL: proxy.connectionString });
  return { archive, proxy };
}

async function archiveBehindStoreProxy() {
  const { server } = s3;
  if (server === undefined) throw new Error('no S3 server');
  const proxy = await startFaultyProxy(server.endpoint);
  cleanUps.push(() => proxy.close());
  const { environment, remove } = s3TestStore(server);
  cleanUps.push(remove);
  const made = await newArchive({ ...environment, S3_ENDPOINT: proxy.endpoint });
  return { ...made, proxy: proxy satisfies FaultyProxy };
}

async function quarantined({ database }: TestDatabase): Promise<number> {
  const found = await database.query<{ entries: number }>({
    text: 'select count(*)::int as entries from quarantine',
  });
  return found.rows[0]?.entries ?? 0;
}

/** No spool file, no quarantine entry. */
async function expectNothingMore(dataFolder: string, database: TestDatabase): Promise<void> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const names = await readdir(join(dataFolder, 'spool'), { recursive: true, withFileTypes: true });
    const files = names.filter((entry) => entry.isFile() && entry.name !== 'owner.json');
    if (files.length === 0) break;
    if (performance.now() > deadline) throw new Error(`${files.length} files stay in the spool`);
    await sleep(50);
  }
  expect(await quarantined(database)).toBe(0);
}
