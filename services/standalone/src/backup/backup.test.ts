/** Backup and restore of a real embedded database: under writes, of damage, of folders in the way, for another user. */
import { chown, mkdir, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { markIndexCaughtUp, migrate, openDatabase, readIndexState } from '@sandyq/database';
import { type FileSystem, nodeFileSystem } from '@sandyq/storage';
import { silentLogger } from '@sandyq/telemetry';
import { Client } from 'pg';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { superuserAddress } from '../embedded-postgres/backup-connection.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../embedded-postgres/embedded-postgres.ts';
import { DataFolders, query } from '../embedded-postgres/testing/data-folders.ts';
import { backUpEmbedded } from './back-up-embedded.ts';
import type { BackupManifest } from './manifest.ts';
import { restoreBackup } from './restore-backup.ts';
import { noteRestore } from './restored-mark.ts';
import { flipBit, fullAfter } from './testing/faults.ts';
import { verifyBackup } from './verify-backup.ts';

const logger = silentLogger();
const fileSystem = nodeFileSystem();
const folders = new DataFolders();
const started: EmbeddedPostgres[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
});
afterAll(() => folders.remove());

async function start(dataDirectory: string): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDirectory, logger });
  started.push(server);
  return server;
}

async function backUp(
  dataDirectory: string,
  options: { fileSystem?: FileSystem } = {},
): Promise<{ folder: string; manifest: BackupManifest }> {
  const folder = path.join(await folders.empty(), 'backups', 'monday');
  const store = { kind: 'filesystem', root: path.join(dataDirectory, 'objects') } as const;
  const { manifest } = await backUpEmbedded({ dataDirectory, folder, store, logger, ...options });
  return { folder, manifest };
}

async function restored(folder: string): Promise<string> {
  const dataDirectory = path.join(await folders.empty(), 'new');
  await restoreBackup({ folder, dataDirectory, fileSystem });
  return dataDirectory;
}

/** Commits one number after the other until told to stop; `last` is the last one committed. */
function writeNumbers(connectionString: string) {
  const state = { last: 0, stopping: false };
  const done = (async () => {
    const client = new Client({ connectionString });
    await client.connect();
    while (!state.stopping) {
      await client.query('insert into kept select $1 || repeat($2, 5000)', [
        `${state.last + 1}:`,
        String(Math.random()),
      ]);
      state.last += 1;
    }
    await client.end();
  })();
  const stop = (): Promise<void> => {
    state.stopping = true;
    return done;
  };
  return { last: () => state.last, stop };
}

const NUMBERS = `select split_part(value, ':', 1)::int from kept order by 1`;

describe('a backup beside writers', () => {
  it('holds all that was committed before, a whole beginning of what was meanwhile, and goes on in a new timeline', async () => {
    const folder = await folders.ready();
    const server = await start(folder);
    const writer = writeNumbers(server.connectionString);
    await expect.poll(writer.last).toBeGreaterThan(20);
    const before = writer.last();
    const backup = await backUp(folder);
    const after = writer.last();
    await writer.stop();
    expect(after).toBeGreaterThan(before);

    const { manifest } = backup;
    expect(manifest.postgres).toMatchObject({ timeline: 1, version: expect.stringMatching(/^18\./) });
    expect(manifest.store).toEqual({ kind: 'filesystem', root: path.join(folder, 'objects') });
    expect((await verifyBackup({ folder: backup.folder, fileSystem })).faults).toEqual([]);
    const copy = await start(await restored(backup.folder));
    const numbers = await query(copy.connectionString, NUMBERS);
    expect(numbers.length).toBeGreaterThanOrEqual(before);
    expect(numbers.length).toBeLessThanOrEqual(after);
    expect(numbers).toEqual(Array.from(numbers, (_, index) => index + 1));
    const timeline = `select left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)`;
    expect(await query(copy.connectionString, timeline)).toEqual(['00000002']);
    expect(await query(server.connectionString, timeline)).toEqual(['00000001']);
    await query(copy.connectionString, `insert into kept values ('0:written after the restore')`);
  });

  it('lets go of the log afterwards, and can be made of a restored database', async () => {
    const folder = await folders.ready();
    const first = await backUp(folder);
    const second = await restored(first.folder);
    const server = await start(second);
    await query(server.connectionString, `insert into kept values ('2:second')`);
    const { folder: again, manifest } = await backUp(second);
    expect(manifest.postgres.timeline).toBe(2);
    const slots = 'select count(*)::int from pg_replication_slots';
    expect(await query(superuserAddress(server.connectionString), slots)).toEqual([0]);
    const third = await start(await restored(again));
    expect(await query(third.connectionString, NUMBERS)).toEqual([2]);
    expect(
      await query(third.connectionString, `select left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)`),
    ).toEqual(['00000003']);
  });
});

describe('a damaged backup', () => {
  it('is reported file by file, and not restored', async () => {
    const { folder, manifest } = await backUp(await folders.ready());
    const [flipped, cut, missing] = manifest.files
      .filter(({ size }) => size > 8_192)
      .map((file) => file.path) as [string, string, string];
    await flipBit(path.join(folder, 'postgres', flipped));
    await truncate(path.join(folder, 'postgres', cut), 8_191);
    await rm(path.join(folder, 'postgres', missing));
    const { faults } = await verifyBackup({ folder, fileSystem });
    expect(Object.fromEntries(faults.map(({ path: file, fault }) => [file, fault]))).toEqual({
      [flipped]: 'digest',
      [cut]: 'size',
      [missing]: 'missing',
    });
    const dataDirectory = await folders.empty();
    await expect(restoreBackup({ folder, dataDirectory, fileSystem })).rejects.toMatchObject({
      code: 'backup-damaged',
    });
    expect(await readdir(dataDirectory)).toEqual(['lock']);
  });

  it('is refused if its manifest would write elsewhere, is cut off, or is of another PostgreSQL', async () => {
    const { folder, manifest } = await backUp(await folders.ready());
    const dataDirectory = await folders.empty();
    const written = async (text: string) => {
      await writeFile(path.join(folder, 'manifest.json'), text);
      return restoreBackup({ folder, dataDirectory, fileSystem });
    };
    const outside = { path: '../../evil', size: 0, sha256: '0'.repeat(64) };
    const damaged = { code: 'backup-damaged' };
    await expect(
      written(JSON.stringify({ ...manifest, files: [...manifest.files, outside] })),
    ).rejects.toMatchObject(damaged);
    await expect(written(JSON.stringify(manifest).slice(0, -2))).rejects.toMatchObject(damaged);
    const older = { ...manifest, postgres: { ...manifest.postgres, version: '17.2' } };
    await expect(written(JSON.stringify(older))).rejects.toMatchObject({ code: 'backup-database' });
  });
});

describe('a folder in the way', () => {
  it('that is not empty, or holds an unfinished backup, is not written to', async () => {
    const dataDirectory = await folders.ready();
    const folder = await folders.empty();
    const store = { kind: 'filesystem', root: path.join(dataDirectory, 'objects') } as const;
    const create = () => backUpEmbedded({ dataDirectory, folder, store, logger });
    await writeFile(path.join(folder, 'holiday.jpg'), '');
    await expect(create()).rejects.toMatchObject({ code: 'backup-folder' });
    expect(await readdir(folder)).toEqual(['holiday.jpg']);
    await rm(path.join(folder, 'holiday.jpg'));
    await mkdir(path.join(folder, 'postgres'));
    await expect(create()).rejects.toMatchObject({
      code: 'backup-folder',
      message: expect.stringContaining('never finished'),
    });
    await expect(verifyBackup({ folder, fileSystem })).rejects.toMatchObject({ code: 'backup-incomplete' });
  });

  it('with a database, or in use, is not restored to', async () => {
    const dataDirectory = await folders.ready();
    const { folder } = await backUp(dataDirectory);
    const restore = () => restoreBackup({ folder, dataDirectory, fileSystem });
    await expect(restore()).rejects.toMatchObject({ code: 'database-files' });
    const server = await start(dataDirectory);
    await expect(restore()).rejects.toMatchObject({ code: 'data-folder-in-use' });
    expect(await query(server.connectionString, NUMBERS)).toEqual([]);
  });

  it('that is a bucket is not copied from here', async () => {
    const store = { kind: 's3', endpoint: 'http://127.0.0.1:1', bucket: 'sandyq' } as const;
    const options = { dataDirectory: await folders.ready(), folder: await folders.empty(), store, logger };
    await expect(backUpEmbedded({ ...options, objectsFolder: '/copy' })).rejects.toMatchObject({
      code: 'backup-folder',
      message: expect.stringContaining('sandyq'),
    });
    expect(await readdir(options.folder)).toEqual([]);
  });

  it('without a database is not backed up, and no database made', async () => {
    const dataDirectory = await folders.empty();
    await expect(backUp(dataDirectory)).rejects.toMatchObject({ code: 'backup-database' });
    expect(await readdir(dataDirectory)).toEqual([]);
  });
});

describe('a full disk', () => {
  it.each([
    ['known before', { ...fileSystem, freeBytes: () => Promise.resolve(1_000_000) }],
    ['met while copying', fullAfter(5_000_000)],
  ])('%s leaves nothing of the backup, and the database as it was', async (_case, full) => {
    const dataDirectory = await folders.ready();
    const parent = await folders.empty();
    const folder = path.join(parent, 'monday');
    const store = { kind: 'filesystem', root: path.join(dataDirectory, 'objects') } as const;
    const create = (on: FileSystem) =>
      backUpEmbedded({ dataDirectory, folder, store, logger, fileSystem: on });
    await expect(create(full)).rejects.toMatchObject({ code: 'no-space' });
    expect(await readdir(folder)).toEqual([]);
    await create(fileSystem);
    expect((await verifyBackup({ folder, fileSystem })).faults).toEqual([]);
  });
});

describe('an interruption', () => {
  it('leaves nothing of the backup', async () => {
    const dataDirectory = await folders.ready();
    const folder = path.join(await folders.empty(), 'monday');
    const store = { kind: 'filesystem', root: path.join(dataDirectory, 'objects') } as const;
    const interrupted = new AbortController();
    const onProgress = (bytes: number): void => {
      if (bytes > 5_000_000) interrupted.abort(new Error('Ctrl-C'));
    };
    const options = { dataDirectory, folder, store, logger, onProgress, signal: interrupted.signal };
    await expect(backUpEmbedded(options)).rejects.toThrow('Ctrl-C');
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a restored database', () => {
  it('is marked until the archive has been told once, also if it is backed up meanwhile', async () => {
    const dataDirectory = await restored((await backUp(await folders.ready())).folder);
    const cluster = path.join(dataDirectory, 'postgres');
    const again = path.join(await restored((await backUp(dataDirectory)).folder), 'postgres');
    const server = await start(dataDirectory);
    const database = openDatabase({ connectionString: server.connectionString });
    try {
      await migrate(database);
      await markIndexCaughtUp(database, await readIndexState(database));
      for (const each of [cluster, again]) {
        expect(await noteRestore(each, { database, fileSystem })).toBe(true);
        expect(await readIndexState(database)).toMatchObject({ isCaughtUp: false, reason: 'restored' });
        expect(await noteRestore(each, { database, fileSystem })).toBe(false);
      }
    } finally {
      await database.close();
    }
  });
});

describe('for another user', () => {
  it.skipIf(process.getuid?.() !== 0)('root restores what that user can start', async () => {
    const owner = { uid: 65_534, gid: 65_534 };
    const { folder } = await backUp(await folders.ready());
    const dataDirectory = path.join(await folders.empty(), 'theirs');
    await mkdir(dataDirectory);
    await chown(dataDirectory, owner.uid, owner.gid);
    await restoreBackup({ folder, dataDirectory, fileSystem });
    for (const name of [
      'lock',
      'postgres',
      'postgres/global/pg_control',
      'postgres/recovery.signal',
      'postgres/sandyq.restored',
    ]) {
      expect(await stat(path.join(dataDirectory, name)), name).toMatchObject(owner);
    }
    const server = await start(dataDirectory);
    expect(await query(server.connectionString, NUMBERS)).toEqual([]);
  });
});
