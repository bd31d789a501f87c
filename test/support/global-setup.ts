/**
 * Once before all tests and after them: the PostgreSQL that tests share (`SANDYQ_TEST_DATABASE_URL`, unless it is given from
 * outside), in a whole run the S3 server as well (a test file that runs alone starts it only if it needs one), and a temporary
 * folder, so that whatever tests leave behind goes with it. That PostgreSQL and what Node has compiled are in memory where there is
 * room: a run makes files by the hundred thousand there.
 */
import { rmSync } from 'node:fs';
import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { makeTemplate } from '@sandyq/database/testing';
import { startCeph, stopCeph } from '@sandyq/storage/testing';
import { makeMemoryFolder } from './memory-folder.ts';
import { startTestPostgres } from './postgres.ts';

/** Returns what ends it all; that runs after failed tests as well. */
export default async function setup(): Promise<() => Promise<void>> {
  const temporaryFolder = await makeTemporaryFolder();
  const memoryFolder = await makeMemoryFolder();
  const folders = memoryFolder === undefined ? [temporaryFolder] : [temporaryFolder, memoryFolder];
  const removeAtExit = (): void => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  };
  // A run that is interrupted ends without teardown; the servers end by themselves then.
  process.once('exit', removeAtExit);
  const quickFolder = memoryFolder ?? temporaryFolder;
  for (const folder of folders) await chmod(folder, PASSABLE);
  // Hundreds of processes load the same modules: only the first compiles them.
  process.env['NODE_COMPILE_CACHE'] = path.join(quickFolder, 'compile-cache');
  const postgres = await sharedPostgres(quickFolder);
  // Where files are made at no cost, they are removed at none.
  if (postgres !== undefined && memoryFolder === undefined) process.env['SANDYQ_TEST_KEEP_DROPPED'] = 'true';
  if (process.env['SANDYQ_TEST_WHOLE_RUN'] === 'true') await startCeph();
  return async () => {
    await stopCeph();
    await postgres?.stop();
    // Processes that end now may still put into them what they have compiled.
    for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 20 });
    process.off('exit', removeAtExit);
  };
}

/** Others may pass through: some tests run programs under another user. */
const PASSABLE = 0o711;

async function makeTemporaryFolder(): Promise<string> {
  // One Ceph serves all test runs of a machine: its folder stays where it would be without us.
  process.env['SANDYQ_CEPH_DIR'] ??= path.join(os.tmpdir(), 'sandyq-ceph');
  const folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'sandyq-test-')));
  process.env['TMPDIR'] = folder;
  return folder;
}

async function sharedPostgres(folder: string) {
  if (process.env['SANDYQ_TEST_DATABASE_URL'] !== undefined) return undefined;
  const postgres = await startTestPostgres(path.join(folder, 'shared'));
  process.env['SANDYQ_TEST_DATABASE_URL'] = postgres.connectionString;
  process.env['SANDYQ_TEST_TEMPLATE'] = await makeTemplate();
  return postgres;
}
