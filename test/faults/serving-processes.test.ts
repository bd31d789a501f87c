/**
 * The standalone archive in several processes: all of them serve, their metrics are one, kill -9 of any of them loses nothing that was
 * acknowledged, and nothing of the archive outlives its first process.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type ArchiveProcess, startArchiveProcess } from '../support/archive-process.ts';
import { get } from '../support/dicomweb.ts';
import { SeededRandom, testSeed } from '../support/seeded-random.ts';
import { descendantsOf, isRunning } from './support/kill-tree.ts';
import { until } from './support/open-resources.ts';
import { imageOf } from './support/sent-instances.ts';

const seed = testSeed();
const random = new SeededRandom(seed);
const PROCESSES = 3;

it.skipIf(process.platform !== 'linux')(
  `several processes are one archive, whichever is killed (SANDYQ_TEST_SEED=${seed})`,
  async () => {
    const dataFolder = await mkdtemp(join(tmpdir(), 'sandyq-processes-'));
    onTestFinished(() => rm(dataFolder, { recursive: true, force: true, maxRetries: 10 }));
    const first = await start(dataFolder);
    onTestFinished(first.kill);

    const sent = await Promise.all(Array.from({ length: 2 * PROCESSES }, () => push(first.url)));
    expect(sent.map(({ status }) => status)).toEqual(sent.map(() => 200));
    const owners = await spoolOwners(dataFolder);
    expect(owners).toHaveLength(PROCESSES);
    for (let asked = 0; asked < PROCESSES; asked += 1) {
      const { body } = await get(`${first.url}/metrics`, { Connection: 'close' });
      expect(String(body)).toContain(
        `{route="/dicom-web/studies",method="POST",status="2xx"} ${sent.length}\n`,
      );
    }

    const acknowledged = await pushWhileWorkersDie(first, owners);
    await until('all serve again', () => allServe(first.url));
    await until(
      'the spool of the dead is swept',
      async () => {
        const left = await spoolOwners(dataFolder);
        return left.every((pid) => !owners.includes(pid) || pid === first.pid);
      },
      // Two who sweep at once get in each other's way; they try again after half a minute.
      90_000,
    );
    for (const instance of [...sent, ...acknowledged]) await expectStored(first.url, instance);

    const family = await descendantsOf(first.pid);
    const late = Array.from({ length: 6 }, () => push(first.url).catch(() => undefined));
    const earliest = await Promise.race(late);
    await first.kill();
    await until('nothing of it is left', async () =>
      (await Promise.all(family.map(isRunning))).every((running) => !running),
    );
    const survived = (await Promise.all(late)).filter((instance) => instance?.status === 200);

    const second = await start(dataFolder);
    onTestFinished(second.kill);
    for (const instance of [...sent, ...acknowledged, earliest, ...survived]) {
      if (instance?.status === 200) await expectStored(second.url, instance);
    }
    await expectDrained(second);
  },
);

interface Pushed {
  readonly status: number;
  readonly path: string;
  readonly bytes: Buffer;
}

async function start(dataFolder: string): Promise<ArchiveProcess> {
  const archive = await startArchiveProcess('standalone', {
    SANDYQ_DATA: dataFolder,
    SANDYQ_PROCESSES: String(PROCESSES),
    SANDYQ_OPEN_METRICS: 'true',
  });
  await until('all serve', () => allServe(archive.url));
  return archive;
}

async function allServe(url: string): Promise<boolean> {
  const { body } = await get(`${url}/metrics`, { Connection: 'close' });
  return String(body).includes(`sandyq_serving_processes ${PROCESSES}\n`);
}

/** Each over a connection of its own; the process that takes it is the next in turn. `half`: how the body is sent. */
function push(url: string, half: (rest: () => void) => void = (rest) => rest()): Promise<Pushed> {
  const ids = {
    studyInstanceUid: random.uid(),
    seriesInstanceUid: random.uid(),
    sopInstanceUid: random.uid(),
  };
  const bytes = imageOf(ids, 'P-1');
  const path = `${ids.studyInstanceUid}/${ids.seriesInstanceUid}/${ids.sopInstanceUid}`;
  return new Promise((resolve, reject) => {
    const headers = {
      'Content-Type': 'application/dicom',
      'Content-Length': bytes.length,
      Connection: 'close',
    };
    const post = request(`${url}/dicom-web/studies`, { method: 'POST', agent: false, headers }, (answer) => {
      answer.resume().once('end', () => resolve({ status: answer.statusCode ?? 0, path, bytes }));
      answer.once('error', reject);
    });
    post.once('error', reject).write(bytes.subarray(0, bytes.length / 2));
    half(() => post.end(bytes.subarray(bytes.length / 2)));
  });
}

async function pushWhileWorkersDie(archive: ArchiveProcess, owners: readonly number[]): Promise<Pushed[]> {
  const acknowledged: Pushed[] = [];
  const workers = owners.filter((pid) => pid !== archive.pid);
  const over = new AbortController();
  const scanner = async (): Promise<void> => {
    while (!over.signal.aborted) {
      // A connection that its worker took with it is tried again by its sender.
      const pushed = await push(archive.url).catch(() => undefined);
      if (pushed?.status === 200) acknowledged.push(pushed);
    }
  };
  const scanners = Array.from({ length: 6 }, scanner);
  for (const worker of workers) {
    const before = acknowledged.length;
    await until('something is stored', () => Promise.resolve(acknowledged.length > before + 5));
    process.kill(worker, 'SIGKILL');
  }
  const before = acknowledged.length;
  await until('something is stored', () => Promise.resolve(acknowledged.length > before + 5));
  over.abort();
  await Promise.all(scanners);
  expect(archive.hasEnded()).toBe(false);
  return acknowledged;
}

async function expectStored(url: string, { path, bytes }: Pushed): Promise<void> {
  const { status, body } = await get(`${url}/originals/${path}`, { Connection: 'close' });
  expect(status).toBe(200);
  expect(body.equals(bytes)).toBe(true);
}

/** SIGTERM while every process receives: all of it is stored, then all end. */
async function expectDrained(archive: ArchiveProcess): Promise<void> {
  const rests: (() => void)[] = [];
  const pushes = Array.from({ length: PROCESSES }, () => push(archive.url, (rest) => rests.push(rest)));
  await until('all are being received', async () => {
    const { body } = await get(`${archive.url}/metrics`, { Connection: 'close' });
    return String(body).includes(`sandyq_store_requests_in_flight ${PROCESSES}\n`);
  });
  const family = await descendantsOf(archive.pid);
  const stopped = archive.stop();
  await until(
    'it listens no more',
    async () => (await get(archive.url).catch(() => undefined)) === undefined,
  );
  for (const rest of rests) rest();
  expect((await Promise.all(pushes)).map(({ status }) => status)).toEqual([200, 200, 200]);
  await stopped;
  expect(await Promise.all(family.map(isRunning))).toEqual(family.map(() => false));
}

/** The processes that have received something. */
async function spoolOwners(dataFolder: string): Promise<number[]> {
  const spool = join(dataFolder, 'spool');
  const owners = await Promise.all(
    (await readdir(spool)).map((name) => readFile(join(spool, name, 'owner.json'), 'utf8').catch(() => '{}')),
  );
  return owners.map((text) => Number(JSON.parse(text).pid));
}
