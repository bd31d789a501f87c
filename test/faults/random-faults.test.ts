/**
 * Random faults under load, on both stores: PostgreSQL and the store stopped, slow, half open; uploads torn; disks full
 * and read-only; objects deleted and altered; rows deleted; clocks moved; older databases restored; processes killed.
 * Acknowledged and lost, altered, served wrong, answered falsely: none; every damage reported; no hand needed.
 * SANDYQ_TEST_ROUNDS sets the rounds on each store, without it as many as fit into SECONDS; SANDYQ_TEST_FAULT names the
 * one fault to try.
 */
import { s3ForTests } from '@sandyq/storage/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { testSeed } from '../support/seeded-random.ts';
import { printFaultTable } from './support/fault-table.ts';
import { runRandomRounds } from './support/random-rounds.ts';

const SECONDS = 45;
const ROUNDS = process.env['SANDYQ_TEST_ROUNDS'];
const LIMIT_MS = 3 * 3_600_000;

const s3 = await s3ForTests();
afterAll(s3.release);

// Side by side: each waits most of the time for what is broken.
describe.skipIf(process.platform !== 'linux')('random faults under load', { concurrent: true }, () => {
  it('on the file system: nothing is lost, altered, or answered falsely', { timeout: LIMIT_MS }, () =>
    survives('the file system', undefined),
  );

  it.skipIf(s3.server === undefined)(
    `on Ceph: nothing is lost, altered, or answered falsely ${s3.reason ?? ''}`,
    { timeout: LIMIT_MS },
    () => survives('Ceph', s3.server),
  );
});

async function survives(name: string, server: typeof s3.server): Promise<void> {
  const seed = testSeed();
  process.stderr.write(`random faults on ${name}: SANDYQ_TEST_SEED=${seed}\n`);
  const report = await runRandomRounds({
    seed,
    s3: server,
    rounds: ROUNDS === undefined ? Number.POSITIVE_INFINITY : Number(ROUNDS),
    only: process.env['SANDYQ_TEST_FAULT'],
    limitMs: ROUNDS === undefined ? SECONDS * 1_000 : LIMIT_MS,
  });
  printFaultTable(name, seed, report);
  const { wrong } = report.ledger;
  const found = { wrong, failures: wrong.length === 0 ? [] : report.failures };
  expect(found).toEqual({ wrong: [], failures: [] });
  expect(report.rounds.length).toBeGreaterThan(0);
  expect(report.ledger.allAcknowledged().length).toBeGreaterThan(report.rounds.length);
}
