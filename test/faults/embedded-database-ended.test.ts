/** The embedded PostgreSQL is killed under a running archive: 503 meanwhile, and it comes back without a hand. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startArchiveProcess } from '../support/archive-process.ts';
import { get, store } from '../support/dicomweb.ts';
import { SeededRandom, testSeed } from '../support/seeded-random.ts';
import { killTree } from './support/kill-tree.ts';
import { until } from './support/open-resources.ts';
import { imageOf } from './support/sent-instances.ts';

const seed = testSeed();

it.skipIf(process.platform !== 'linux')(
  `an embedded database that ends is started again (SANDYQ_TEST_SEED=${seed})`,
  async () => {
    const random = new SeededRandom(seed);
    const dataFolder = await mkdtemp(join(tmpdir(), 'sandyq-ended-'));
    onTestFinished(() => rm(dataFolder, { recursive: true, force: true }));
    const archive = await startArchiveProcess('standalone', { SANDYQ_DATA: dataFolder });
    onTestFinished(archive.stop);
    const push = async () => {
      const ids = {
        studyInstanceUid: random.uid(),
        seriesInstanceUid: random.uid(),
        sopInstanceUid: random.uid(),
      };
      const bytes = imageOf(ids, 'P-1');
      const told = await store(archive.url, bytes, { 'Content-Type': 'application/dicom' });
      return {
        ...told,
        bytes,
        path: `${ids.studyInstanceUid}/${ids.seriesInstanceUid}/${ids.sopInstanceUid}`,
      };
    };
    const before = await push();
    expect(before.status).toBe(200);
    for (let killed = 0; killed < 2; killed += 1) {
      const [pid] = (await readFile(join(dataFolder, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
      await killTree(Number(pid));
      const during = await push();
      expect(during.status === 200 || (during.status === 503 && Number(during.retryAfter) > 0)).toBe(true);
      await until('ready again', async () => (await get(`${archive.url}/readyz`)).status === 200);
      await until('stored again', async () => (await push()).status === 200);
      const { status, body } = await get(`${archive.url}/originals/${before.path}`);
      expect(status).toBe(200);
      expect(body.equals(before.bytes)).toBe(true);
    }
    expect(archive.output()).toContain('"event":"database-ended"');
  },
);
