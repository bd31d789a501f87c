/**
 * Pictures, decoded frames and attributes are kept in each retrieval process. Nobody is ever shown what was kept of before a
 * change, or of what is not theirs, whoever made the change; what is kept is made once, whichever resource asks for it.
 */
import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, getParts } from '../support/dicomweb.ts';
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

const seriesOf = (study: string) => `dicom-web/studies/${study}/series/${study}.1`;
const instanceOf = (study: string, number: number) => `${seriesOf(study)}/instances/${study}.1.${number}`;

/** The picture, or the status; its tag. */
async function picture(server: { readonly url: string }, path: string, headers = here.radiologist) {
  const answer = await get(`${server.url}/${path}`, { ...headers, Accept: 'image/png' });
  return { said: answer.status === 200 ? answer.body : answer.status, tag: answer.headers.get('etag') };
}

/** What of the store is damaged can be had from nowhere else than from what is kept. */
async function damageAll(study: string): Promise<void> {
  const { objectStore } = here.test.settings;
  if (objectStore.kind !== 'filesystem') throw new Error('only files can be damaged here');
  const { rows } = await here.test.testDatabase.database.query<{ object_key: string; size_bytes: number }>({
    text: `select distinct g.object_key, g.size_bytes from study s join instance i on i.study_key = s.study_key
      join segment g on g.segment_id = i.segment_id where s.study_instance_uid = $1`,
    values: [study],
  });
  for (const { object_key: key, size_bytes: bytes } of rows) {
    const file = await open(join(objectStore.root, key), 'r+');
    await file.write(randomBytes(bytes), 0, bytes, 0);
    await file.close();
  }
}

describe('kept pictures', () => {
  it('are made once, whether a study, a series, an instance or a frame is asked for', async () => {
    const study = here.newStudy();
    for (const number of [1, 2]) await here.store(imageOf(study, number, { instanceNumber: number }).bytes);
    const accept = 'multipart/related; type="image/png"';
    const parts = await getParts(`${here.test.url}/${seriesOf(study)}/rendered`, accept, here.radiologist);
    expect(parts).toHaveLength(2);
    await damageAll(study);
    for (const number of [1, 2]) {
      const instance = instanceOf(study, number);
      for (const path of [`${instance}/rendered`, `${instance}/frames/1/rendered`]) {
        expect((await picture(here.test, path)).said).toEqual(parts[number - 1]?.body);
      }
      // Another window, and another process, need the pixels.
      expect((await picture(here.test, `${instance}/rendered?window=1,2,linear`)).said).toBe(500);
      expect((await picture(other, `${instance}/rendered`)).said).toBe(500);
    }
    const again = await getParts(
      `${here.test.url}/dicom-web/studies/${study}/rendered`,
      accept,
      here.radiologist,
    );
    expect(again.map(({ body }) => body)).toEqual(parts.map(({ body }) => body));
  });

  it('are not shown of what was replaced, in any process', async () => {
    const study = here.newStudy();
    const paths = [
      `${instanceOf(study, 1)}/rendered`,
      `${instanceOf(study, 1)}/thumbnail`,
      `${seriesOf(study)}/thumbnail`,
    ];
    await here.store(imageOf(study, 1).bytes);
    const before = await Promise.all(
      paths.flatMap((path) => [picture(here.test, path), picture(other, path)]),
    );
    await here.store(imageOf(study, 1).bytes);
    expect((await here.decide((await here.newest()).quarantineId, 'replace')).status).toBe(200);
    const after = await Promise.all(
      paths.flatMap((path) => [picture(here.test, path), picture(other, path)]),
    );
    for (const [index, { said, tag }] of after.entries()) {
      expect(said).toBeInstanceOf(Buffer);
      expect(said).not.toEqual(before[index]?.said);
      expect(tag).not.toBe(before[index]?.tag);
      expect(said).toEqual(after[index - (index % 2)]?.said);
    }
  });

  it('carry the names of their revision', async () => {
    const study = here.newStudy();
    const ids = { studyInstanceUid: study, seriesInstanceUid: `${study}.1`, sopInstanceUid: `${study}.1.1` };
    const pixels = Buffer.alloc(2 * 200 * 200);
    await here.store(
      makeNativeImage(ids, { rows: 200, columns: 200, pixels }, { patientName: 'Before^Name' }).bytes,
    );
    const [named, plain] = [
      `${instanceOf(study, 1)}/rendered?annotation=patient`,
      `${instanceOf(study, 1)}/rendered`,
    ];
    const before = [
      await picture(here.test, named),
      await picture(other, named),
      await picture(here.test, plain),
    ];
    await renamePatient(study);
    const after = [
      await picture(here.test, named),
      await picture(other, named),
      await picture(here.test, plain),
    ];
    expect(after[0]?.said).toBeInstanceOf(Buffer);
    expect(after[0]?.said).not.toEqual(before[0]?.said);
    expect(after[1]?.said).toEqual(after[0]?.said);
    expect(after[2]?.said).toEqual(before[2]?.said);
  });

  it('are for those who may see the instance', async () => {
    const study = here.newStudy();
    await here.store(imageOf(study, 1).bytes);
    const path = `${instanceOf(study, 1)}/rendered`;
    const { said, tag } = await picture(here.test, path);
    expect(said).toBeInstanceOf(Buffer);
    const clinic = await here.radiologistOf('clinic');
    expect((await picture(here.test, path, clinic)).said).toBe(404);
    expect((await picture(here.test, path, { ...clinic, 'If-None-Match': tag ?? '' })).said).toBe(404);
    expect((await picture(here.test, path, { ...here.radiologist, 'If-None-Match': tag ?? '' })).said).toBe(
      304,
    );
    expect((await picture(here.test, path, await here.radiologistOf('hospital'))).said).toEqual(said);
  });
});

/** As a correction does it: the metadata of the series change, and its revision. */
async function renamePatient(study: string): Promise<void> {
  const { database } = here.test.testDatabase;
  const { rows } = await database.query<{ json_gzip: Buffer }>({
    text: 'select json_gzip from instance_metadata join study using (study_key) where study_instance_uid = $1',
    values: [study],
  });
  const json = gunzipSync(rows[0]?.json_gzip ?? Buffer.alloc(0)).toString();
  expect(json).toContain('Before^Name');
  await database.query({
    text: `with piece as (update instance_metadata m set json_gzip = $2 from study s
        where s.study_key = m.study_key and s.study_instance_uid = $1 returning m.study_key)
      update series set revision = revision + 1 where study_key in (select study_key from piece)`,
    values: [study, gzipSync(json.replace('Before^Name', 'After^Name'))],
  });
}
