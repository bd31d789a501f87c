import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase } from '@sandyq/database/testing';
import { expect, it, onTestFinished } from 'vitest';
import { startArchiveProcess } from '../support/archive-process.ts';
import { moveLargeObject } from './large-object.ts';

/** 256 MiB: `npm run bench` moves 2 GiB. */
const FRAMES = 512;
const MOST_GROWTH_BYTES = 150 * 1_000_000;

it('moves a large multi-frame instance in and out, bit for bit, without holding it', async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), 'sandyq-large-'));
  onTestFinished(() => rm(dataFolder, { recursive: true, force: true }));
  const testDatabase = await createTestDatabase();
  onTestFinished(() => testDatabase.drop());
  const archive = await startArchiveProcess('standalone', {
    SANDYQ_DATA: dataFolder,
    DATABASE_URL: testDatabase.connectionString,
  });
  try {
    const { transfers } = await moveLargeObject({ url: archive.url, pid: archive.pid, frames: FRAMES });
    expect(transfers.map(({ what }) => what)).toContain('store, multipart');
    for (const { what, growthBytes } of transfers) {
      expect(growthBytes, `${what} grew the memory by ${growthBytes} bytes`).toBeLessThan(MOST_GROWTH_BYTES);
    }
  } finally {
    await archive.stop();
  }
});
