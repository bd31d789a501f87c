/** Studies, series and instances as application/zip (PS3.18 §8.6.1.3): streamed, whole or broken, in the transfer syntax asked for. */
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TransferSyntaxes } from '@sandyq/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, storeAll } from '../support/dicomweb.ts';
import { makeEncapsulatedImage, makeNativeImage, makePdf } from '../support/made-instances.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

const run = promisify(execFile);
const STUDY = '2.86.1';
const ids = (instance: number, series = 1, study = STUDY) => ({
  studyInstanceUid: study,
  seriesInstanceUid: `${study}.${series}`,
  sopInstanceUid: `${study}.${series}.${instance}`,
});
const image = makeNativeImage(ids(1), { rows: 64, columns: 64, pixels: randomBytes(8_192) }).bytes;
const document = makePdf(ids(2), randomBytes(20_000), { instanceNumber: 2 }).bytes;
const cine = makeEncapsulatedImage(ids(1, 2), {
  rows: 8,
  columns: 8,
  fragments: [randomBytes(3_000), randomBytes(500)],
}).bytes;

let archive: TestArchive;
let folder: string;
let study: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandyq-zip-'));
  archive = await startArchive();
  study = `${archive.url}/dicom-web/studies/${STUDY}`;
  await storeAll(archive.url, [image, document, cine]);
});
afterAll(async () => {
  await archive?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The files of a zip file, as unzip finds them. */
async function unzipped(zip: Uint8Array): Promise<Map<string, Buffer>> {
  const path = join(folder, `${createHash('sha256').update(zip).digest('hex')}.zip`);
  await writeFile(path, zip);
  expect((await run('unzip', ['-t', path])).stdout).toContain('No errors detected');
  const names = (await run('unzip', ['-Z1', path])).stdout.trim().split('\n');
  const files = new Map<string, Buffer>();
  for (const name of names) {
    const { stdout } = await run('unzip', ['-p', path, name], { encoding: 'buffer', maxBuffer: 2 ** 26 });
    files.set(name, stdout);
  }
  return files;
}

describe('application/zip', () => {
  it('of a study: one file an instance, folders by series, and a README that tells which is which', async () => {
    const { status, headers, body } = await get(study, { Accept: 'application/zip; transfer-syntax=*' });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/zip');
    expect(headers.get('content-disposition')).toBe(`attachment; filename="${STUDY}.zip"`);
    expect(headers.get('etag')).toMatch(/^"[0-9a-f]{32}"$/);
    const files = await unzipped(body);
    expect([...files.keys()]).toEqual([
      'SE000001/IM000001.dcm',
      'SE000001/IM000002.dcm',
      'SE000002/IM000001.dcm',
      'README.TXT',
    ]);
    expect([...files.values()].slice(0, 3)).toEqual([image, document, cine]);
    const readme = files.get('README.TXT')?.toString() ?? '';
    expect(readme).toContain(`SE000002/IM000001.dcm\t${STUDY}.2\t${STUDY}.2.1\t1.2.840.10008.1.2.4.50`);
    expect(readme).not.toMatch(/Сынақ|P-1/);
  });

  it('of a series and of an instance, also by the accept parameter of a link', async () => {
    const series = await get(`${study}/series/${STUDY}.1?accept=application/zip`, { Accept: '*/*' });
    expect([...(await unzipped(series.body)).values()].slice(0, 2)).toEqual([image, document]);
    const instance = await get(`${study}/series/${STUDY}.1/instances/${STUDY}.1.2`, {
      Accept: 'application/zip',
    });
    expect([...(await unzipped(instance.body)).values()].slice(0, 1)).toEqual([document]);
    expect(instance.headers.get('content-type')).toBe('application/zip; transfer-syntax=1.2.840.10008.1.2.1');
  });

  it('in a transfer syntax: what can not be had in it is left out with 206, and 406 where nothing can', async () => {
    const { HTJ2KLossless } = TransferSyntaxes;
    const accept = { Accept: `application/zip; transfer-syntax=${HTJ2KLossless.uid}` };
    const series = await get(`${study}/series/${STUDY}.1`, accept);
    expect(series.status).toBe(206);
    expect(series.headers.get('warning')).toMatch(/1 of 2 instances are left out/);
    const files = await unzipped(series.body);
    expect([...files.keys()]).toEqual(['SE000001/IM000001.dcm', 'README.TXT']);
    expect(files.get('SE000001/IM000001.dcm')?.includes(HTJ2KLossless.uid)).toBe(true);
    expect((await get(`${study}/series/${STUDY}.1/instances/${STUDY}.1.2`, accept)).status).toBe(406);
  });

  it('stands beside application/dicom: the one with the higher q wins, else the next one that can be had', async () => {
    const dicom = 'multipart/related; type="application/dicom"';
    const typeOf = async (accept: string) =>
      (await get(study, { Accept: accept })).headers.get('content-type');
    expect(await typeOf(`${dicom}; q=0.5, application/zip`)).toMatch(/^application\/zip/);
    expect(await typeOf(`${dicom}, application/zip; q=0.5`)).toMatch(/^multipart\/related/);
    const impossible = `${dicom}; transfer-syntax=1.2.840.10008.1.2.4.100, application/zip; q=0.1`;
    expect(await typeOf(impossible)).toMatch(/^application\/zip/);
    expect(await typeOf('*/*')).toMatch(/^multipart\/related; type="application\/dicom"/);
  });

  it('has the same bytes each time, and 304 for who has them', async () => {
    const first = await get(study, { Accept: 'application/zip' });
    const again = await get(study, { Accept: 'application/zip' });
    expect(first.body.equals(again.body)).toBe(true);
    const tag = first.headers.get('etag') ?? '';
    expect((await get(study, { Accept: 'application/zip', 'If-None-Match': tag })).status).toBe(304);
  });

  it('breaks, and does not end well, when damage is met after its head has left', async () => {
    const long = ids(1, 1, '2.86.2');
    const pixels = randomBytes(12 * 2 ** 20);
    await storeAll(archive.url, [
      makeNativeImage(long, { rows: 1024, columns: 1024, frames: 6, pixels }).bytes,
    ]);
    const found = await archive.archive.database.query<{ object_key: string; at: number }>({
      text: `select g.object_key, i.entry_offset + i.entry_length - 1000 as at from instance i
        join segment g using (segment_id) where i.sop_instance_uid = $1`,
      values: [long.sopInstanceUid],
    });
    const [place] = found.rows;
    if (place === undefined) throw new Error('the instance is not in the index');
    const file = await open(join(archive.settings.dataFolder, 'objects', place.object_key), 'r+');
    await file.write(Buffer.from('damage'), 0, 6, place.at);
    await file.close();
    const answer = await fetch(`${archive.url}/dicom-web/studies/2.86.2`, {
      headers: { Accept: 'application/zip' },
    });
    expect(answer.status).toBe(200);
    await expect(answer.arrayBuffer()).rejects.toThrow('terminated');
  });
});
