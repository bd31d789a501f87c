/** `npm run import` as a person runs it, against a real archive. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getJson } from '../test/support/dicomweb.ts';
import { makeNativeImage } from '../test/support/made-instances.ts';
import { runScript } from '../test/support/run-script.ts';
import { startArchive, type TestArchive } from '../test/support/start-archive.ts';

let archive: TestArchive;
let folder: string;

/** Instance `number` of study `study`; other pixels, other content. */
function image(study: number, number: number, pixel = number): Buffer {
  const studyInstanceUid = `2.10.${study}`;
  return makeNativeImage(
    {
      studyInstanceUid,
      seriesInstanceUid: `${studyInstanceUid}.1`,
      sopInstanceUid: `${studyInstanceUid}.1.${number}`,
    },
    { rows: 8, columns: 8, pixels: Buffer.alloc(128, pixel) },
    { patientId: `P-${study}` },
  ).bytes;
}

async function write(name: string, bytes: Uint8Array): Promise<void> {
  await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
  await writeFile(path.join(folder, name), bytes);
}

const run = (...args: string[]) => runScript('import.ts', args);
const push = (...args: string[]) => run(folder, '--url', archive.url, ...args);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sandyq-import-'));
  archive = await startArchive();
  for (let number = 1; number <= 25; number += 1) await write(`ct/${number}`, image(1, number));
  await write('us/Бейне 1', image(2, 1));
});

afterAll(async () => {
  await archive?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('npm run import', () => {
  it('stores every file of a folder, and says that they are there when it is run again', async () => {
    const first = await push();
    expect(first.stderr).toBe('');
    expect(first.stdout).toMatch(/^26 files, .*\n {2}stored {9}26\n {2}already there {2}0\n$/);
    expect(first.code).toBe(0);
    const found = await getJson<unknown[]>(`${archive.url}/dicom-web/instances?StudyInstanceUID=2.10.1`);
    expect(found).toHaveLength(25);

    const again = await push('--batch', '3', '--parallel', '8');
    expect(again.stdout).toMatch(/ {2}stored {9}0\n {2}already there {2}26\n$/);
    expect(again.code).toBe(0);
  });

  it('stores one file that is named instead of a folder', async () => {
    const { code, stdout } = await run(path.join(folder, 'us/Бейне 1'), '--url', archive.url);
    expect(stdout).toMatch(/^1 file, .*\n {2}stored {9}0\n {2}already there {2}1\n$/);
    expect(code).toBe(0);
  });

  it('counts by reason, names the files, writes a report, and ends with 1 when something was refused', async () => {
    await write('x/other pixels', image(1, 1, 99));
    await write('x/letter.txt', Buffer.from('Dear archive'));
    await write('x/torn.dcm', image(3, 1).subarray(0, 500));
    await write('x/good', image(3, 2));
    const report = path.join(folder, '..', `${path.basename(folder)}.json`);
    const { code, stdout, stderr } = await push('--report', report);
    expect(stderr).toBe('');
    expect(stdout).toContain('  stored         1\n  already there  26\n  refused: 3\n');
    expect(stdout).toContain(
      '1  duplicate-sop-instance: Another instance has this SOP Instance UID\n        x/other pixels\n',
    );
    expect(stdout).toContain('1  not-dicom: Not a DICOM file\n        x/letter.txt\n');
    expect(stdout).toContain('1  truncated: Data set or body is truncated\n        x/torn.dcm\n');
    expect(stdout).toContain('npm run admin -- quarantine list');
    expect(code).toBe(1);

    const written = JSON.parse(await readFile(report, 'utf8')) as { files: Record<string, unknown>[] };
    await rm(report);
    expect(written).toMatchObject({ url: archive.url, summary: { files: 30, stored: 1, alreadyThere: 26 } });
    expect(written.files).toHaveLength(30);
    expect(written.files).toContainEqual({
      file: 'x/other pixels',
      sizeBytes: image(1, 1).length,
      outcome: 'refused',
      reason: 'duplicate-sop-instance',
      sopInstanceUid: '2.10.1.1.1',
    });
  });

  it('says what to do when no archive answers, the folder is none, or it is not understood, and ends with 2', async () => {
    const nobody = await run(folder, '--url', 'http://127.0.0.1:9');
    expect(nobody).toMatchObject({ code: 2, stdout: '' });
    expect(nobody.stderr).toContain('Start it with "npm start"');
    const noFolder = await run(path.join(folder, 'none'), '--url', archive.url);
    expect(noFolder).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is neither a folder nor a file'),
    });
    const unnamed = await run('', '--url', archive.url);
    expect(unnamed).toMatchObject({ code: 2, stderr: expect.stringContaining('Name the folder, or .') });
    expect(await run()).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('missing required argument'),
    });
    expect(await push('--parallel', '0')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('from 1 on'),
    });
    expect(await push('--report', '/no/such/folder/r.json')).toMatchObject({ code: 2 });
  });

  it('says that a key is needed, or does not fit', async () => {
    const guarded = await startArchive({ environment: { SANDYQ_AUTH: 'keys' } });
    try {
      const without = await run(folder, '--url', guarded.url);
      expect(without).toMatchObject({ code: 2, stderr: expect.stringContaining('--key or SANDYQ_API_KEY') });
      const wrong = await runScript('import.ts', [folder, '--url', guarded.url], {
        SANDYQ_API_KEY: 'nonsense',
      });
      expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('the API key is not valid') });
    } finally {
      await guarded.stop();
    }
  });
});
