/** The audit row of a Store request is written while its body comes in; until it is durable nothing comes of the body. */
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storeOne } from '../support/dicomweb.ts';
import { makeNativeImage } from '../support/made-instances.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

let test: TestArchive;
beforeAll(async () => {
  test = await startArchive();
});
afterAll(() => test.stop());

const image = (number: number): Buffer =>
  makeNativeImage(
    { studyInstanceUid: '2.25.27', seriesInstanceUid: '2.25.27.1', sopInstanceUid: `2.25.27.1.${number}` },
    { rows: 64, columns: 64, pixels: Buffer.alloc(64 * 64 * 2, number) },
  ).bytes;

async function post(body: Buffer): Promise<number> {
  const answer = await fetch(`${test.url}/dicom-web/studies`, {
    method: 'POST',
    headers: { 'content-type': 'application/dicom' },
    body: new Uint8Array(body),
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** Rows and files that a store could leave. */
async function traces() {
  const { rows } = await test.archive.database.query({
    text: `select (select count(*)::int from sop_instance) as instances, (select count(*)::int from segment) as segments,
      (select count(*)::int from quarantine) as quarantined`,
  });
  const files = await readdir(test.settings.dataFolder, { recursive: true });
  return { ...rows[0], files: files.filter((name) => /\.(tar|part|loose|dcm)/.test(name)).length };
}

const rename = (from: string, to: string) =>
  test.archive.database.query({ text: `alter table ${from} rename to ${to}` });

describe('a store that cannot be put on record', () => {
  it('stores, lists and counts nothing, and is told so; afterwards all is well', async () => {
    expect((await storeOne(test.url, image(1))).kind).toBe('stored');
    const before = await traces();
    expect(before).toMatchObject({ instances: 1, segments: 1, quarantined: 0 });
    await rename('audit_event', 'audit_event_away');
    expect(await post(image(2))).toBe(503);
    expect(await post(image(1))).toBe(503);
    expect(await post(image(3).subarray(0, 5_000))).toBe(503);
    expect(await traces()).toEqual(before);
    await rename('audit_event_away', 'audit_event');
    expect((await storeOne(test.url, image(2))).kind).toBe('stored');
    expect(await traces()).toMatchObject({ instances: 2, segments: 2 });
  });
});
