/** A study sent one instance a request does not stay one object an instance: what is in the store after compaction. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SeededRandom } from '../../support/seeded-random.ts';
import type { CheckCase, CheckReport } from '../bench-case.ts';
import { ask, drive, expectStatus } from '../driver/drive.ts';
import { storeJobs } from '../driver/store-job.ts';
import { ctSeries } from '../load/ct-series.ts';
import { startOwnArchive } from '../own-archive.ts';

const SENDERS = 8;
const PIXELS = 64;
const EVERY_MS = 250;
const LONGEST_MS = 120_000;

/** 600 instances of one series; objects that were superseded are deleted without grace here. */
export const compactionCheck: CheckCase = {
  kind: 'check',
  name: 'compaction',
  work: 'objects of a study of 600 instances sent one a request, after compaction',
  run: async (scale): Promise<CheckReport> => {
    const archive = await startOwnArchive({
      SANDYQ_COMPACT_BYTES_PER_SECOND: '0',
      SANDYQ_SUPERSEDE_GRACE_SECONDS: '0',
    });
    try {
      const instances = ctSeries(new SeededRandom(1), { slices: scale.of(60, 600), size: PIXELS });
      await drive(SENDERS, storeJobs(`${archive.dicomWebUrl}/studies`, instances, 1));
      const before = await objectsIn(archive.dataFolder);
      const request = { method: 'POST', url: `${archive.url}/admin/compaction`, body: [] } as const;
      expectStatus(await ask(request), request);
      const value = await settledObjects(archive.dataFolder);
      return {
        markdown: `${before} objects became ${value}.`,
        data: { before, after: value },
        bounds: [{ what: 'objects a series', value, most: 1, unit: 'objects' }],
      };
    } finally {
      await archive.stop();
    }
  },
};

/** Deletion is work of the background: waits for the last one, but not for ever. */
async function settledObjects(dataFolder: string): Promise<number> {
  const deadline = performance.now() + LONGEST_MS;
  let objects = await objectsIn(dataFolder);
  while (objects > 1 && performance.now() < deadline) {
    await sleep(EVERY_MS);
    objects = await objectsIn(dataFolder);
  }
  return objects;
}

async function objectsIn(dataFolder: string): Promise<number> {
  const folder = join(dataFolder, 'objects', 'v1');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && entry.name.endsWith('.tar')).length;
}
