/**
 * Once before all tests and after them: the PostgreSQL that tests share (`SANDYQ_TEST_DATABASE_URL`, unless it is given from
 * outside), in a whole run the S3 server as well (a test file that runs alone starts it only if it needs one), and a temporary
 * folder, so that whatever tests leave behind goes with it.
 */
import { rmSync } from 'node:fs';
import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { makeTemplate } from '@sandyq/database/testing';
import { startCeph, stopCeph } from '@sandyq/storage/testing';
import { startTestPostgres } from './postgres.ts';

/** Returns what ends it all; that runs after failed tests as well. */
export default async function setup(): Promise<() => Promise<void>> {
  const temporaryFolder = await makeTemporaryFolder();
  const removeAtExit = (): void => rmSync(temporaryFolder, { recursive: true, force: true, maxRetries: 10 });
  // A run that is interrupted ends without teardown; the servers end by themselves then.
  process.once('exit', removeAtExit);
  const postgres = await sharedPostgres(temporaryFolder);
  if (process.env['SANDYQ_TEST_WHOLE_RUN'] === 'true') await startCeph();
  return async () => {
    await stopCeph();
    await postgres?.stop();
    // Processes that end now may still put into it what they have compiled.
    await rm(temporaryFolder, { recursive: true, force: true, maxRetries: 20 });
    process.off('exit', removeAtExit);
  };
}

async function makeTemporaryFolder(): Promise<string> {
  // One Ceph serves all test runs of a machine: its folder stays where it would be without us.
  process.env['SANDYQ_CEPH_DIR'] ??= path.join(os.tmpdir(), 'sandyq-ceph');
  const folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'sandyq-test-')));
  // Others may pass through: some tests run programs under another user.
  await chmod(folder, 0o711);
  process.env['TMPDIR'] = folder;
  // Hundreds of processes load the same modules: only the first compiles them.
  process.env['NODE_COMPILE_CACHE'] = path.join(folder, 'compile-cache');
  return folder;
}

async function sharedPostgres(temporaryFolder: string) {
  if (process.env['SANDYQ_TEST_DATABASE_URL'] !== undefined) return undefined;
  const postgres = await startTestPostgres(path.join(temporaryFolder, 'shared'));
  process.env['SANDYQ_TEST_DATABASE_URL'] = postgres.connectionString;
  process.env['SANDYQ_TEST_TEMPLATE'] = await makeTemplate();
  return postgres;
}
