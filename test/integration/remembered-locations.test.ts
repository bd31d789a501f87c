/**
 * A retrieval process remembers where instances lie; another process changes that. Here: two archives on one database and
 * one store, which share nothing else. What the second one answers is right at once.
 */
import { randomBytes } from 'node:crypto';
import { createApp, serve } from '@sandyq/http';
import { compactionPorts, supersedeSegments } from '@sandyq/index';
import { compactNow } from '@sandyq/indexing';
import { mountRetrieval } from '@sandyq/retrieval';
import { openArchive } from '@sandyq/service';
import { createMetrics, recordingLogger } from '@sandyq/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, getParts, storeAll } from '../support/dicomweb.ts';
import { type MadeInstance, makeNativeImage } from '../support/made-instances.ts';
import { imageOf, QuarantineArchive } from './quarantine-archive.ts';

let here: QuarantineArchive;
let other: Awaited<ReturnType<typeof startRetrieval>>;

beforeAll(async () => {
  here = await QuarantineArchive.start();
  other = await startRetrieval();
});
afterAll(async () => {
  await other?.stop();
  await here?.test.stop();
});

/** A retrieval of its own on the same database and store, that tells which statements it runs. */
async function startRetrieval() {
  const { settings, testDatabase } = here.test;
  const metrics = createMetrics();
  const { logger, lines } = recordingLogger();
  const opened = await openArchive({
    settings,
    connectionString: testDatabase.connectionString,
    logger,
    metrics,
  });
  const statements: (string | undefined)[] = [];
  const database: typeof opened.database = {
    ...opened.database,
    query: (statement) => {
      statements.push(statement.name);
      return opened.database.query(statement);
    },
  };
  const archive = { ...opened, database };
  const retrieval = mountRetrieval(archive);
  const { authenticate, audit } = archive;
  const app = createApp({ routes: retrieval.routes, authenticate, audit, logger, metrics, settings });
  const server = await serve(app, { host: '127.0.0.1', port: 0, maxConnections: 100, metrics });
  return {
    url: server.url,
    statements,
    lines,
    stop: async () => {
      await server.close();
      await retrieval.stop?.();
      await archive.close();
    },
  };
}

function pathOf(study: string, number: number): string {
  return `dicom-web/studies/${study}/series/${study}.1/instances/${study}.1.${number}`;
}

/** The frame and the instance, as the second process answers. */
async function answers(study: string, number: number, headers = here.radiologist) {
  const ask = (path: string, type: string) =>
    get(`${other.url}/${path}`, { ...headers, Accept: `${type}; transfer-syntax=*` });
  const path = pathOf(study, number);
  const frame = await ask(`${path}/frames/1`, 'application/octet-stream');
  const instance = await ask(path, 'application/dicom');
  return { frame, instance };
}

async function expectAnswers(study: string, number: number, made: MadeInstance): Promise<void> {
  const { frame, instance } = await answers(study, number);
  expect([frame.status, instance.status]).toEqual([200, 200]);
  expect(instance.body.equals(made.bytes)).toBe(true);
  expect(frame.body.length).toBeGreaterThan(100);
  expect(made.bytes.includes(frame.body)).toBe(true);
}

describe('what a process remembers of an instance', () => {
  it('is asked about with one small statement, and not read again', async () => {
    const study = here.newStudy();
    const made = imageOf(study, 1);
    await here.store(made.bytes);
    await expectAnswers(study, 1, made);
    other.statements.length = 0;
    await expectAnswers(study, 1, made);
    expect(other.statements).toEqual(['check-locations', 'check-locations']);
  });

  it('is forgotten when another process gives its UID to other bytes', async () => {
    const study = here.newStudy();
    const [first, second] = [imageOf(study, 1), imageOf(study, 1)];
    await here.store(first.bytes);
    await expectAnswers(study, 1, first);
    const before = await answers(study, 1);
    await here.store(second.bytes);
    await expectAnswers(study, 1, first);
    const { quarantineId } = await here.newest();
    expect(await here.decide(quarantineId, 'replace')).toMatchObject({ status: 200 });
    await expectAnswers(study, 1, second);
    const after = await answers(study, 1);
    expect(after.instance.headers.get('etag')).not.toBe(before.instance.headers.get('etag'));
    expect(after.frame.headers.get('etag')).not.toBe(before.frame.headers.get('etag'));
  });

  it('has the revision of now', async () => {
    const study = here.newStudy();
    const made = imageOf(study, 1);
    await here.store(made.bytes);
    const before = await answers(study, 1);
    await here.store(imageOf(study, 2).bytes);
    const after = await answers(study, 1);
    expect(after.instance.headers.get('etag')).not.toBe(before.instance.headers.get('etag'));
    expect(after.frame.headers.get('etag')).toBe(before.frame.headers.get('etag'));
  });

  it('follows its bytes when another process joins segments and deletes the old ones', async () => {
    const study = here.newStudy();
    const members = [1, 2, 3].map((number) => imageOf(study, number));
    for (const { bytes } of members) await here.store(bytes);
    for (const [index, made] of members.entries()) await expectAnswers(study, index + 1, made);
    const options = { dryRun: false, studyInstanceUid: study };
    expect(await compactNow(compactionPorts(here.test.archive), options)).toMatchObject({ joined: 1 });
    while ((await supersedeSegments(here.test.archive)) > 0);
    other.lines.length = 0;
    for (const [index, made] of members.entries()) await expectAnswers(study, index + 1, made);
    expect(other.lines.filter(({ event }) => event === 'damaged')).toEqual([]);
  });

  it('is told to nobody of another facility', async () => {
    const study = here.newStudy();
    await here.store(imageOf(study, 1).bytes);
    const [hospital, clinic] = [await here.radiologistOf('hospital'), await here.radiologistOf('clinic')];
    const statusFor = async (headers: Record<string, string>) => {
      const { frame, instance } = await answers(study, 1, headers);
      return [frame.status, instance.status];
    };
    expect(await statusFor(hospital)).toEqual([200, 200]);
    expect(await statusFor(clinic)).toEqual([404, 404]);
    expect(await statusFor(hospital)).toEqual([200, 200]);
  });

  it('leaves an audit row for every answer, remembered or not', async () => {
    const study = here.newStudy();
    await here.store(imageOf(study, 1).bytes);
    for (let turn = 0; turn < 3; turn += 1) await answers(study, 1);
    const { rows } = await here.test.archive.database.query({
      text: `select count(*)::int as rows from audit_event where study_instance_uid = $1 and action = 'retrieve'`,
      values: [study],
    });
    expect(rows).toEqual([{ rows: 6 }]);
  });
});

describe('memory that answers are read into', () => {
  it('holds the bytes of one answer at a time', async () => {
    const study = here.newStudy();
    const members = Array.from({ length: 60 }, (_, index) => largeImage(study, index + 1));
    const { hospital, radiologist, test } = here;
    await storeAll(
      test.url,
      members.map(({ bytes }) => bytes),
      hospital,
    );
    const oneByOne = async (lane: number) => {
      for (let turn = 0; turn < 20; turn += 1) {
        const index = (lane * 7 + turn) % members.length;
        const { instance } = await answers(study, index + 1);
        if (members[index]?.bytes.equals(instance.body) !== true) throw new Error(`instance ${index + 1}`);
      }
    };
    const wholeStudy = async () => {
      const type = 'multipart/related; type="application/dicom"; transfer-syntax=*';
      const parts = await getParts(`${other.url}/dicom-web/studies/${study}`, type, radiologist);
      expect(parts).toHaveLength(members.length);
      for (const [index, { body, headers }] of parts.entries()) {
        if (members[index]?.bytes.equals(body) !== true) throw new Error(`part ${index + 1}`);
        expect(headers.get('content-length')).toBe(String(body.length));
      }
    };
    await Promise.all([oneByOne(0), oneByOne(1), oneByOne(2), wholeStudy(), wholeStudy(), wholeStudy()]);
  });
});

/** 128 KiB of pixels. */
function largeImage(study: string, number: number): MadeInstance {
  const ids = {
    studyInstanceUid: study,
    seriesInstanceUid: `${study}.1`,
    sopInstanceUid: `${study}.1.${number}`,
  };
  const pixels = { rows: 256, columns: 256, pixels: randomBytes(256 * 256 * 2) };
  return makeNativeImage(ids, pixels, { instanceNumber: number });
}
