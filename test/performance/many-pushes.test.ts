import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase } from '@sandyq/database/testing';
import { expect, it, onTestFinished } from 'vitest';
import { startArchiveProcess } from '../support/archive-process.ts';
import { pushMany } from './many-pushes.ts';

const MEBIBYTE = 2 ** 20;
const MOST_REQUESTS = 8;
const MOST_IN_FLIGHT_BYTES = 30 * MEBIBYTE;
/** Closing entries of a segment, which come on top of what was received. */
const CLOSING_BYTES = 64 * 1_024;
const MOST_GROWTH_BYTES = 150 * 1_000_000;

it('receives from many at once within its bounds, and answers others meanwhile', async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), 'sandyq-pushes-'));
  onTestFinished(() => rm(dataFolder, { recursive: true, force: true }));
  const testDatabase = await createTestDatabase();
  onTestFinished(() => testDatabase.drop());
  const archive = await startArchiveProcess('standalone', {
    SANDYQ_DATA: dataFolder,
    DATABASE_URL: testDatabase.connectionString,
    SANDYQ_MAX_STORE_REQUESTS: String(MOST_REQUESTS),
    SANDYQ_MAX_IN_FLIGHT_BYTES: String(MOST_IN_FLIGHT_BYTES),
    SANDYQ_OPEN_METRICS: 'true',
  });
  try {
    const report = await pushMany({
      url: archive.url,
      pid: archive.pid,
      spoolFolder: join(dataFolder, 'spool'),
      pushes: 40,
      bytes: 5 * MEBIBYTE,
      studies: 20,
      idleQuestions: 20,
    });
    expect(report.mostRequestsInFlight).toBeGreaterThan(1);
    expect(report.mostRequestsInFlight).toBeLessThanOrEqual(MOST_REQUESTS);
    expect(report.mostInFlightBytes).toBeGreaterThan(5 * MEBIBYTE);
    expect(report.mostInFlightBytes).toBeLessThanOrEqual(MOST_IN_FLIGHT_BYTES);
    expect(report.mostSpoolBytes).toBeLessThanOrEqual(MOST_IN_FLIGHT_BYTES + MOST_REQUESTS * CLOSING_BYTES);
    const { before, most } = report.residentBytes;
    expect(most - before).toBeLessThan(MOST_GROWTH_BYTES);
    expect(report.meanwhile.worklist.asked).toBeGreaterThan(0);
  } finally {
    await archive.stop();
  }
});
