/** The archive in each topology and on each store: stores, searches, retrieves, keeps what it refuses, tells what changed. */
import { createHash, randomBytes } from 'node:crypto';
import type { DicomJson } from '@sandyq/dicom';
import { s3ForTests } from '@sandyq/storage/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DeployedArchive, deployArchive } from '../support/deploy-archive.ts';
import { deployments } from '../support/deployments.ts';
import {
  get,
  getJson,
  getParts,
  nameOf,
  originalUrl,
  storeMany,
  storeOne,
  textOf,
} from '../support/dicomweb.ts';
import {
  type InstanceIds,
  makeEncapsulatedImage,
  makeNativeImage,
  makePdf,
} from '../support/made-instances.ts';

const s3 = await s3ForTests();
afterAll(() => s3.release());

const ids = (series: number, instance: number): InstanceIds => ({
  studyInstanceUid: '2.25.6',
  seriesInstanceUid: `2.25.6.${series}`,
  sopInstanceUid: `2.25.6.${series}.${instance}`,
});
const pixels = randomBytes(16 * 16 * 2 * 5);
const fragments = [randomBytes(400), randomBytes(401), randomBytes(402)];
const document = randomBytes(300_000);
const instances = [
  makeNativeImage(ids(1, 1), { rows: 16, columns: 16, frames: 5, pixels }),
  makeEncapsulatedImage(ids(2, 1), { rows: 8, columns: 8, fragments }),
  makePdf(ids(3, 1), document),
];
const damaged = instances[0]?.bytes.subarray(0, -100) ?? Buffer.alloc(0);

for (const deployment of deployments(s3, 'all')) {
  describe.skipIf(deployment.isSkipped)(`an archive, ${deployment.name}`, () => {
    let archive: DeployedArchive;
    let study: string;
    const url = (series: number): string => `${study}/series/2.25.6.${series}/instances/2.25.6.${series}.1`;

    beforeAll(async () => {
      archive = await deployArchive(deployment);
      study = `${archive.url}/dicom-web/studies/2.25.6`;
      await storeMany(
        archive.url,
        instances.map(({ bytes }) => bytes),
      );
      await storeOne(archive.url, damaged);
    });
    afterAll(() => archive?.stop());

    it('says again what became of what it was sent', async () => {
      for (const { bytes } of instances) {
        expect(await storeOne(archive.url, bytes)).toMatchObject({
          status: 200,
          kind: 'stored',
          reason: undefined,
        });
      }
      expect(await storeOne(archive.url, damaged)).toMatchObject({ kind: 'failed', reason: 'truncated' });
    });

    it('answers the probes at every process', async () => {
      for (const process of archive.processes) {
        for (const path of ['/healthz', '/readyz']) {
          expect([process.name, path, (await get(process.url + path)).status]).toEqual([
            process.name,
            path,
            200,
          ]);
        }
      }
    });

    it('finds the study by name', async () => {
      const [found, ...others] = await getJson<DicomJson[]>(
        `${archive.url}/dicom-web/studies?PatientName=*айгүл`,
      );
      expect(others).toEqual([]);
      expect(nameOf(found?.['00100010'])).toBe('Сынақ^Айгүл');
      expect(textOf(found?.['00081190'])).toBe(study);
      expect(found?.['00201208']?.Value).toEqual([3]);
    });

    it('retrieves the study as stored, and every original', async () => {
      const parts = await getParts(study, 'multipart/related; type="application/dicom"; transfer-syntax=*');
      expect(parts.map(({ body }) => sha256(body)).sort()).toEqual(
        instances.map(({ bytes }) => sha256(bytes)).sort(),
      );
      for (const [index, { bytes }] of instances.entries()) {
        const original = originalUrl(url(index + 1));
        expect((await get(original)).body.equals(bytes)).toBe(true);
        const range = await get(original, { Range: 'bytes=100-199' });
        expect([range.status, range.body.equals(bytes.subarray(100, 200))]).toEqual([206, true]);
      }
    });

    it('retrieves metadata, frames and bulk data by the addresses it gives', async () => {
      const metadata = await getJson<DicomJson[]>(`${study}/metadata`);
      expect(metadata).toHaveLength(3);
      const uri = metadata.map((one) => one['00420011']?.BulkDataURI).find((found) => found !== undefined);
      expect((await get(uri ?? '', { Accept: 'application/octet-stream' })).body.equals(document)).toBe(true);
      const native = await getParts(
        `${url(1)}/frames/5,1`,
        'multipart/related; type="application/octet-stream"',
      );
      expect(native.map(({ body }) => body)).toEqual([pixels.subarray(2_048), pixels.subarray(0, 512)]);
      const jpeg = await getParts(`${url(2)}/frames/2`, 'multipart/related; type="image/jpeg"');
      expect(jpeg.map(({ body }) => body.subarray(0, 401))).toEqual([fragments[1]]);
    });

    it('keeps what it refused, and stores under keys that tell nothing of patients', async () => {
      const keys = (await archive.objects()).map(({ key }) => key);
      const kept = keys.filter((key) => key.startsWith('quarantine/'));
      expect(kept).toHaveLength(1);
      const bytes = Buffer.concat(await Array.fromAsync(await archive.store.read(kept[0] ?? '')));
      expect(bytes.equals(damaged)).toBe(true);
      for (const key of keys) {
        if (key.startsWith('journal/')) expect(key).toMatch(/^journal\/\d{10}\/\d{12}\.json$/);
        else
          expect(key).toMatch(
            /^(v1\/[0-9a-f]{2}\/[0-9a-f]{32}|quarantine\/[0-9a-f]{2})\/[0-9a-f-]+(\.tar)?$/,
          );
      }
    });

    it('tells whoever follows what came in', async () => {
      await expect.poll(async () => (await changes()).length, { timeout: 10_000 }).toBe(instances.length);
      const uids = (await changes()).flatMap(({ sopInstanceUids }) => sopInstanceUids);
      expect(uids.sort()).toEqual(instances.map(({ sopInstanceUid }) => sopInstanceUid).sort());
    });

    async function changes(): Promise<{ sopInstanceUids: string[] }[]> {
      const { body } = await get(`${archive.url}/admin/changes`);
      return (JSON.parse(body.toString()) as { changes: { sopInstanceUids: string[] }[] }).changes;
    }
  });
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
