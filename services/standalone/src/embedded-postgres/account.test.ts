import { chmod, chown, mkdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { recordingLogger, silentLogger } from '@sandyq/telemetry';
import { afterAll, afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { choosePostgresAccount } from './account.ts';
import { findPostgresBinaries } from './binaries.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { DataFolders, query } from './testing/data-folders.ts';

const folders = new DataFolders();
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

afterAll(() => folders.remove());

function choose(dataDirectory: string) {
  const { postgres } = findPostgresBinaries();
  return choosePostgresAccount({
    postgres,
    dataDirectory,
    clusterDirectory: path.join(dataDirectory, 'postgres'),
  });
}

/** In an ordinary user's checkout root trusts that user with the folder. */
async function requireCheckoutOfRoot(context: TestContext): Promise<void> {
  const { uid } = await stat(findPostgresBinaries().postgres);
  if (uid !== 0) context.skip('this checkout belongs to an ordinary user');
}

describe('as an ordinary user', () => {
  it.skipIf(isRoot)('runs under the same user', async () => {
    expect(await choose(await folders.empty())).not.toHaveProperty('owner');
  });
});

describe('as root', () => {
  it.skipIf(!isRoot)('runs in a user namespace, so that a 0700 folder of root will do', async (context) => {
    await requireCheckoutOfRoot(context);
    const folder = await folders.empty();
    await chmod(folder, 0o700);
    const account = await choose(folder);
    expect(account.prefix[0]).toBe('unshare');
    expect(account).not.toHaveProperty('owner');
  });

  it.skipIf(!isRoot)("leaves a database that is an ordinary user's to that user", async (context) => {
    const folder = await folders.empty();
    await mkdir(path.join(folder, 'postgres'));
    await chown(path.join(folder, 'postgres'), NOBODY, NOBODY);
    const account = await choose(folder).catch(() => undefined);
    if (account === undefined) context.skip('user nobody cannot read this checkout');
    expect(account?.owner).toEqual({ uid: NOBODY, gid: NOBODY });
  });
});

describe.skipIf(!isRoot)('as root where user namespaces are forbidden', () => {
  const ordinaryPath = process.env['PATH'];

  let folder: string;

  beforeEach(async () => {
    folder = await folders.ready();
    const programs = await folders.empty();
    await writeFile(path.join(programs, 'unshare'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    process.env['PATH'] = `${programs}:${ordinaryPath}`;
  });
  afterEach(() => {
    process.env['PATH'] = ordinaryPath;
  });

  it('runs under another user, says so, and goes on with the files root made before', async (context) => {
    const account = await choose(folder).catch(() => undefined);
    if (account === undefined) context.skip('user nobody cannot read this checkout');
    const { logger, lines } = recordingLogger();
    const server = await startEmbeddedPostgres({ dataDirectory: folder, logger });
    expect(await query(server.connectionString, 'select count(*)::int from kept')).toEqual([0]);
    await server.stop();
    const uid = account?.owner?.uid;
    expect(uid).toBeGreaterThan(0);
    expect((await stat(path.join(folder, 'postgres', 'base'))).uid).toBe(uid);
    expect(lines).toContainEqual(expect.objectContaining({ event: 'database-runs-under-another-user', uid }));
  });

  it('says what to do when no user can reach the folder', async (context) => {
    await requireCheckoutOfRoot(context);
    await chmod(folder, 0o700);
    const start = startEmbeddedPostgres({ dataDirectory: folder, logger: silentLogger() });
    await expect(start).rejects.toMatchObject({
      code: 'database-account',
      message: expect.stringContaining('ordinary user'),
    });
  });
});

it('says so where there is no PostgreSQL for the machine', () => {
  expect(() => findPostgresBinaries('sunos', 'sparc')).toThrow(
    expect.objectContaining({
      code: 'database-unavailable',
      message: expect.stringContaining('DATABASE_URL'),
    }),
  );
});
