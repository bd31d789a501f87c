import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { nodeFileSystem } from '@sandyq/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isLeftOut, listCluster } from './cluster-files.ts';

let cluster: string;

beforeAll(async () => {
  cluster = await mkdtemp(path.join(os.tmpdir(), 'sandyq-cluster-'));
});
afterAll(() => rm(cluster, { recursive: true, force: true }));

describe('what a backup of the database holds', () => {
  it.each([
    ['postmaster.pid', true],
    ['global/pg_control', true], // copied last, by itself
    ['base/5/pg_internal.init', true],
    ['base/5/pg_internal.init.4711', true],
    ['base/5/t3_16384', true],
    ['base/5/t3_16384.1', true],
    ['base/pgsql_tmp4711.0', true],
    ['recovery.signal', true],
    ['sandyq.restored', true],
    ['base/5/16384', false],
    ['base/5/16384_fsm', false],
    ['PG_VERSION', false],
    ['postgresql.conf', false],
    ['pg_xact/0000', false],
  ])('%s is left out: %s', (file, leftOut) => expect(isLeftOut(file)).toBe(leftOut));

  it('keeps folders of the running server, without their content, and follows no link', async () => {
    for (const folder of [
      'base/5',
      'pg_wal/archive_status',
      'pg_replslot/slot',
      'base/pgsql_tmp',
      'pg_tblspc',
    ]) {
      await mkdir(path.join(cluster, folder), { recursive: true });
    }
    const files = ['base/5/1247', 'pg_wal/000000010000000000000001', 'pg_replslot/slot/state'];
    for (const file of [...files, 'base/pgsql_tmp/1', 'postmaster.pid', 'PG_VERSION']) {
      await writeFile(path.join(cluster, file), '18\n');
    }
    await symlink('/etc', path.join(cluster, 'pg_tblspc', '16400'));
    const { directories, files: listed } = await listCluster(cluster, nodeFileSystem());
    expect([...directories].sort()).toEqual(['base', 'base/5', 'pg_replslot', 'pg_tblspc', 'pg_wal']);
    expect(listed.toSorted((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
      { path: 'PG_VERSION', size: 3 },
      { path: 'base/5/1247', size: 3 },
    ]);
  });
});
