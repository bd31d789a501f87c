/**
 * Metadata of series are kept, in each retrieval process and in the database. Nobody is ever shown what was kept of
 * before a change, whoever made the change; and nothing that is kept is missed when it is gone.
 */
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { DicomJson } from '@sandyq/dicom';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { textOf } from '../support/dicomweb.ts';
import { type EncodedAnswer, getEncoded } from '../support/encoded-get.ts';
import { makeNativeImage } from '../support/made-instances.ts';
import { type SecondRetrieval, startSecondRetrieval } from '../support/second-retrieval.ts';
import { imageOf, QuarantineArchive } from './quarantine-archive.ts';

let here: QuarantineArchive;
/** As another process: it hears of changes from the database alone. */
let other: SecondRetrieval;

beforeAll(async () => {
  here = await QuarantineArchive.start();
  other = await startSecondRetrieval(here.test);
});
afterAll(async () => {
  await other?.stop();
  await here?.test.stop();
});

const HOST = 'archive.example';

/** Of the study's series, or of the study. */
function ask(
  server: { readonly url: string },
  study: string,
  { inStudy = false, ...headers }: { readonly inStudy?: boolean } & Record<string, unknown> = {},
): Promise<EncodedAnswer> {
  const path = inStudy ? study : `${study}/series/${study}.1`;
  const asked = { host: HOST, 'accept-encoding': 'gzip', ...here.radiologist, ...headers };
  return getEncoded(`${server.url}/dicom-web/studies/${path}/metadata`, asked);
}

const uidsOf = ({ body }: EncodedAnswer) =>
  (JSON.parse(body.toString()) as DicomJson[]).map((instance) => textOf(instance['00080018']));

async function keptRows(study: string): Promise<{ revision: number; base_url: string }[]> {
  const { rows } = await here.test.testDatabase.database.query<{ revision: number; base_url: string }>({
    text: `select m.revision, m.base_url from series_metadata m join study s using (study_key)
      where s.study_instance_uid = $1`,
    values: [study],
  });
  return rows;
}

/** Asks until it is kept in both processes and in the database. */
async function keptEverywhere(study: string): Promise<EncodedAnswer> {
  const first = await ask(here.test, study);
  await vi.waitFor(async () => expect(await keptRows(study)).toHaveLength(1), {
    timeout: 10_000,
    interval: 20,
  });
  for (const inStudy of [true, false]) {
    for (const coding of ['gzip', 'identity']) {
      await ask(here.test, study, { inStudy, 'accept-encoding': coding });
      await ask(other, study, { inStudy, 'accept-encoding': coding });
    }
  }
  return first;
}

/** Everything that may be asked of either process says the same. */
async function answersEverywhere(study: string): Promise<EncodedAnswer[]> {
  const answers: EncodedAnswer[] = [];
  for (const server of [here.test, other]) {
    for (const inStudy of [true, false]) {
      for (const coding of ['gzip', 'identity']) {
        answers.push(await ask(server, study, { inStudy, 'accept-encoding': coding }));
      }
    }
  }
  return answers;
}

describe('kept metadata', () => {
  it('show an instance that was added, in every process, with another tag', async () => {
    const study = here.newStudy();
    await here.store(imageOf(study, 2, { instanceNumber: 2 }).bytes);
    const before = await keptEverywhere(study);
    await here.store(imageOf(study, 1, { instanceNumber: 1 }).bytes);
    for (const answer of await answersEverywhere(study)) {
      expect(uidsOf(answer)).toEqual([`${study}.1.1`, `${study}.1.2`]);
      expect(answer.headers.etag).not.toBe(before.headers.etag);
    }
  });

  it('show what stands in the place of a replaced instance, and keep nothing of that one', async () => {
    const study = here.newStudy();
    await here.store(imageOf(study, 1, { patientName: 'Before^Replaced' }).bytes);
    const before = await keptEverywhere(study);
    expect(before.body.toString()).toContain('Before^Replaced');
    await here.store(imageOf(study, 1, { patientName: 'After^Replaced' }).bytes);
    const { status } = await here.decide((await here.newest()).quarantineId, 'replace');
    expect(status).toBe(200);
    expect(await keptRows(study)).toEqual([]);
    for (const answer of await answersEverywhere(study)) {
      expect(answer.body.toString()).toContain('After^Replaced');
      expect(answer.body.toString()).not.toContain('Before^Replaced');
    }
  });

  it('asked for first without gzip are kept for those who take it, and say the same', async () => {
    const study = here.newStudy();
    await here.store(imageOf(study, 1).bytes);
    const plain = await ask(here.test, study, { 'accept-encoding': 'identity' });
    await vi.waitFor(async () => expect(await keptRows(study)).toHaveLength(1), { timeout: 10_000 });
    for (const server of [here.test, other]) expect((await ask(server, study)).body).toEqual(plain.body);
  });

  it('leave out what is held because its patient is another', async () => {
    const study = here.newStudy();
    await here.store(imageOf(study, 1).bytes);
    await keptEverywhere(study);
    const held = await here.store(imageOf(study, 2, { patientId: 'P-9' }).bytes);
    expect(held).toMatchObject({ kind: 'stored', reason: 'identity-conflict' });
    for (const answer of await answersEverywhere(study)) expect(uidsOf(answer)).toEqual([`${study}.1.1`]);
  });

  it('of a study follow its series: a new one, and a new order', async () => {
    const study = here.newStudy();
    await here.store(imageOf(study, 1).bytes);
    await keptEverywhere(study);
    const ids = {
      studyInstanceUid: study,
      seriesInstanceUid: `${study}.0`,
      sopInstanceUid: `${study}.0.1`,
    };
    await here.store(makeNativeImage(ids, { rows: 8, columns: 8, pixels: randomBytes(128) }).bytes);
    for (const server of [here.test, other]) {
      expect(uidsOf(await ask(server, study, { inStudy: true }))).toEqual([`${study}.0.1`, `${study}.1.1`]);
      expect(uidsOf(await ask(server, study))).toEqual([`${study}.1.1`]);
    }
  });

  it('contain whatever was acknowledged before they were asked for, while others store; the same tag is the same bytes', async () => {
    const study = here.newStudy();
    const acknowledged = new Set<string>();
    const bytesOfTag = new Map<string | undefined, string>();
    const faults: string[] = [];
    const storing = { isOver: false };
    const store = async (numbers: readonly number[]) => {
      for (const number of numbers) {
        await here.store(imageOf(study, number, { instanceNumber: number }).bytes);
        acknowledged.add(`${study}.1.${number}`);
      }
    };
    const read = async (server: { readonly url: string }, inStudy: boolean, coding: string) => {
      while (!storing.isOver) {
        const due = [...acknowledged];
        const answer = await ask(server, study, { inStudy, 'accept-encoding': coding });
        if (answer.status === 404 && due.length === 0) continue;
        const uids = answer.status === 200 ? uidsOf(answer) : [];
        const missing = due.filter((uid) => !uids.includes(uid));
        if (missing.length > 0 || new Set(uids).size < uids.length)
          faults.push(`${answer.status}: ${missing.join()}`);
        const bytes = answer.encoded.toString('base64');
        const known = bytesOfTag.get(answer.headers.etag);
        if (known !== undefined && known !== bytes) faults.push(`${answer.headers.etag} means two things`);
        bytesOfTag.set(answer.headers.etag, bytes);
      }
    };
    await store([1]);
    const readers = [
      read(here.test, false, 'gzip'),
      read(other, false, 'gzip'),
      read(other, true, 'gzip'),
      read(here.test, true, 'identity'),
    ];
    await Promise.all([store([2, 4, 6, 8, 10, 12, 14, 16]), store([3, 5, 7, 9, 11, 13, 15, 17])]);
    storing.isOver = true;
    await Promise.all(readers);
    expect(faults).toEqual([]);
    expect(bytesOfTag.size).toBeGreaterThan(2);
    expect(uidsOf(await ask(other, study))).toHaveLength(17);
  });

  it('name each client the address it knows the archive by', async () => {
    const study = here.newStudy();
    await here.store(imageOf(study, 1).bytes);
    await keptEverywhere(study);
    const tags = new Set<string | undefined>();
    for (const host of ['archive.example', 'inside.example:8080', 'archive.example', 'inside.example:8080']) {
      for (const server of [here.test, other]) {
        for (const inStudy of [true, false]) {
          const { body, headers } = await ask(server, study, { host, inStudy });
          const uris = body.toString().match(/"BulkDataURI":"[^"]*"/g) ?? [];
          expect(uris.length).toBeGreaterThan(0);
          const start = `"BulkDataURI":"http://${host}/dicom-web/studies/${study}/series/`;
          expect(uris.filter((uri) => !uri.startsWith(start))).toEqual([]);
          tags.add(headers.etag);
        }
      }
    }
    // A study of one series has the same bytes.
    expect(tags.size).toBe(2);
    await vi.waitFor(
      async () =>
        expect(await keptRows(study)).toEqual([
          expect.objectContaining({ base_url: 'http://inside.example:8080' }),
        ]),
      { timeout: 10_000, interval: 20 },
    );
  });
});

describe('what is kept in the database', () => {
  it('may be dropped, damaged, or of another revision: the answer is the same, and kept again', async () => {
    const study = here.newStudy();
    for (const number of [1, 2, 3])
      await here.store(imageOf(study, number, { instanceNumber: number }).bytes);
    const before = await keptEverywhere(study);
    const { database } = here.test.testDatabase;
    for (const harm of [
      'delete from series_metadata',
      'update series_metadata set deflated = set_byte(deflated, 40, get_byte(deflated, 40) # 1)',
      'update series_metadata set revision = revision - 1, deflated = deflated || deflated',
    ]) {
      await database.query({ text: harm });
      const fresh = await startSecondRetrieval(here.test);
      for (const server of [here.test, other, fresh]) {
        const answer = await ask(server, study);
        expect([harm, answer.status, answer.headers.etag]).toEqual([harm, 200, before.headers.etag]);
        expect(answer.encoded.equals(before.encoded)).toBe(true);
      }
      await fresh.stop();
      expect(await keptRows(study)).toEqual([{ revision: 3, base_url: `http://${HOST}` }]);
      const another = await startSecondRetrieval(here.test);
      expect((await ask(another, study)).encoded.equals(before.encoded)).toBe(true);
      await another.stop();
    }
  });

  it('is not made for who has it already', async () => {
    const study = here.newStudy();
    await here.store(imageOf(study, 1).bytes);
    const { etag = '' } = (await keptEverywhere(study)).headers;
    const { database } = here.test.testDatabase;
    await database.query({ text: 'delete from series_metadata' });
    await database.query({ text: 'delete from instance_metadata' });
    const fresh = await startSecondRetrieval(here.test);
    const unchanged = await ask(fresh, study, { 'if-none-match': etag });
    expect([unchanged.status, unchanged.encoded.length]).toEqual([304, 0]);
    await fresh.stop();
    expect(await keptRows(study)).toEqual([]);
    const { rows } = await database.query({ text: 'select from instance_metadata' });
    expect(rows).toHaveLength(0);
  });
});

describe('a series of which the metadata are', () => {
  /** Puts other metadata in the place of an instance's, as long as no test wants to send. */
  async function store(json: string): Promise<string> {
    const study = here.newStudy();
    await here.store(imageOf(study, 1).bytes);
    await here.test.testDatabase.database.query({
      text: 'update instance_metadata set json_gzip = $1 where sop_instance_uid = $2',
      values: [gzipSync(json, { level: 1 }), `${study}.1.1`],
    });
    return study;
  }

  it.each([
    ['too long to be kept', randomBytes(4.5 * 2 ** 20).toString('base64'), 0],
    ['too long for one piece of memory', 'again and again '.repeat(1.1 * 2 ** 20), 1],
  ])('%s: they are streamed', async (_, value, rows) => {
    const json = JSON.stringify({ '00204000': { vr: 'LT', Value: [value] } });
    const study = await store(json);
    for (const coding of ['gzip', 'identity', 'gzip']) {
      const { body } = await ask(here.test, study, { 'accept-encoding': coding });
      expect(body.equals(Buffer.from(`[${json}]`))).toBe(true);
    }
    await vi.waitFor(async () => expect(await keptRows(study)).toHaveLength(rows), {
      timeout: 10_000,
      interval: 20,
    });
  });
});

describe('a principal of another facility', () => {
  it('is told of kept metadata what it is told of nothing', async () => {
    const study = here.newStudy();
    await here.store(imageOf(study, 1).bytes);
    const { etag = '' } = (await keptEverywhere(study)).headers;
    const clinic = await here.radiologistOf('clinic');
    for (const server of [here.test, other]) {
      for (const inStudy of [true, false]) {
        const { status, headers } = await ask(server, study, { ...clinic, inStudy, 'if-none-match': etag });
        expect([status, headers.etag]).toEqual([404, undefined]);
      }
    }
  });
});
