import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { recordingLogger, silentLogger } from '@sandyq/telemetry';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, joinEmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts';
import { processesIn } from './leftover.ts';
import {
  DataFolders,
  hasEnded,
  holdInOtherProcess,
  isRunning,
  killHard,
  query,
} from './testing/data-folders.ts';

const logger = silentLogger();
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

describe('start and stop', () => {
  it('makes a durable Unicode database in a folder that does not exist yet, and leaves nothing running', async () => {
    const folder = path.join(await folders.empty(), 'new', 'data');
    const server = await start(folder);
    expect(await query(server.connectionString, "select lower('ӘІҢҒҮҰҚӨҺ')")).toEqual(['әіңғүұқөһ']);
    expect(
      await query(server.connectionString, "select 'a' < 'B', current_user, current_database()"),
    ).toEqual([[false, 'sandyq', 'sandyq']]);
    const durable = ['fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums'];
    const settings = await query(
      server.connectionString,
      `select setting from pg_settings where name in ('${durable.join("','")}')`,
    );
    expect(settings).toEqual(['on', 'on', 'on', 'on']);
    await server.stop();
    expect(await processesIn(path.join(folder, 'postgres'))).toEqual([]);
    expect(existsSync(path.join(folder, 'postgres-socket'))).toBe(false);
  });

  it('stops within 5 s while a transaction is open, and takes the next start', async () => {
    const folder = await folders.ready();
    const server = await start(folder);
    await query(server.connectionString, "insert into kept values ('committed')");
    const sleeping = query(server.connectionString, 'select pg_sleep(60)').catch((error: unknown) => error);
    const before = performance.now();
    await server.stop();
    expect(performance.now() - before).toBeLessThan(5000);
    expect(await sleeping).toBeInstanceOf(Error);
    const again = await start(folder);
    expect(await query(again.connectionString, 'select value from kept')).toEqual(['committed']);
  });

  it('can be reached through its private socket only', async () => {
    const folder = await folders.ready();
    const server = await start(folder);
    expect(await query(server.connectionString, 'show listen_addresses')).toEqual(['']);
    expect((await stat(path.join(folder, 'postgres-socket'))).mode & 0o777).toBe(0o700);
  });

  it('puts the socket elsewhere when the folder has a long name', async () => {
    const folder = path.join(await folders.empty(), 'long-name-'.repeat(12));
    const server = await start(folder);
    expect(await query(server.connectionString, 'select 1')).toEqual([1]);
  });

  it('keeps values of failed statements out of its log', async () => {
    const folder = await folders.ready();
    const server = await start(folder);
    await query(server.connectionString, 'create unique index on kept (value)');
    await query(server.connectionString, "insert into kept values ('Sandyqov^Abai')");
    const duplicate = query(server.connectionString, "insert into kept values ('Sandyqov^Abai')");
    await expect(duplicate).rejects.toMatchObject({ code: '23505' });
    await expect(query(server.connectionString, "select 'Sandyqov^Abai'::date")).rejects.toMatchObject({
      code: '22007',
    });
    expect(await readFile(path.join(folder, 'postgres.log'), 'utf8')).not.toContain('Sandyqov');
  });
});

describe('after kill -9', () => {
  it.each([
    ['of our process', undefined],
    ['of our process, the server left running', 'abandon'],
  ] as const)('%s, rows are there and the old server is gone', async (_case, mode) => {
    const folder = await folders.ready();
    const holder = await holdInOtherProcess(folder, mode);
    const address = addressOf(folder);
    await query(address, "insert into kept values ('acknowledged')");
    await killHard(holder.process);
    const server = await start(folder);
    expect(server.pid).not.toBe(holder.serverPid);
    expect(await hasEnded(holder.serverPid)).toBe(true);
    expect(await query(server.connectionString, 'select value from kept')).toEqual(['acknowledged']);
  });

  it('of the server itself, rows are there and the caller is told', async () => {
    const folder = await folders.ready();
    const server = await start(folder);
    await query(server.connectionString, "insert into kept values ('acknowledged')");
    process.kill(server.pid ?? 0, 'SIGKILL');
    await server.exited;
    await server.stop();
    const again = await start(folder);
    expect(await query(again.connectionString, 'select value from kept')).toEqual(['acknowledged']);
  });

  it('of a first start, the half-made database is made anew', async () => {
    const folder = await folders.empty();
    await mkdir(path.join(folder, 'postgres.unfinished'));
    await writeFile(path.join(folder, 'postgres.unfinished', 'PG_VERSION'), '18\n');
    const server = await start(folder);
    expect(await query(server.connectionString, 'select 1')).toEqual([1]);
  });

  it('a pid file and a socket lock that now name a stranger neither stop the start nor harm the stranger', async () => {
    const folder = await folders.ready();
    const stranger = spawn('sleep', ['60']);
    const lines = [
      stranger.pid,
      path.join(folder, 'postgres'),
      '1700000000',
      '5432',
      folder,
      '',
      '1 1',
      'ready   ',
    ];
    await writeFile(path.join(folder, 'postgres', 'postmaster.pid'), `${lines.join('\n')}\n`);
    await mkdir(path.join(folder, 'postgres-socket'), { mode: 0o700 });
    await writeFile(path.join(folder, 'postgres-socket', '.s.PGSQL.5432.lock'), `${lines.join('\n')}\n`);
    await start(folder);
    expect(isRunning(stranger.pid ?? 0)).toBe(true);
    stranger.kill();
  });
});

/** The address of the server that another process holds. */
function addressOf(folder: string): string {
  const socket = encodeURIComponent(path.join(folder, 'postgres-socket'));
  return `postgresql://sandyq@localhost/sandyq?host=${socket}`;
}

describe('two at once', () => {
  it('refuses the second, names the first, and lets it in afterwards', async () => {
    const folder = await folders.ready();
    const holder = await holdInOtherProcess(folder);
    const refusal = {
      code: 'data-folder-in-use',
      message: expect.stringContaining(`process ${holder.process.pid}`),
    };
    await expect(startEmbeddedPostgres({ dataDirectory: folder, logger })).rejects.toMatchObject(refusal);
    await killHard(holder.process);
    const server = await start(folder);
    await expect(startEmbeddedPostgres({ dataDirectory: folder, logger })).rejects.toMatchObject({
      code: 'data-folder-in-use',
    });
    expect(await query(server.connectionString, 'select 1')).toEqual([1]);
  });

  it('joins the running one for a command-line tool, and leaves it running', async () => {
    const folder = await folders.ready();
    const server = await start(folder);
    const joined = await joinEmbeddedPostgres({ dataDirectory: folder, logger });
    expect(joined.connectionString).toBe(server.connectionString);
    await joined.stop();
    expect(await query(server.connectionString, 'select 1')).toEqual([1]);
  });

  it('starts it for a command-line tool when nothing runs', async () => {
    const folder = await folders.ready();
    const joined = await joinEmbeddedPostgres({ dataDirectory: folder, logger });
    await joined.stop();
    expect(await processesIn(path.join(folder, 'postgres'))).toEqual([]);
  });
});

describe('a folder that can not be used', () => {
  it('says that a file is in the way', async () => {
    const file = path.join(await folders.empty(), 'data');
    await writeFile(file, '');
    for (const folder of [file, path.join(file, 'below')]) {
      await expect(start(folder)).rejects.toMatchObject({
        code: 'data-folder-not-writable',
        message: expect.stringContaining('ENOTDIR'),
      });
    }
  });

  it('says that it is read-only', async () => {
    // Root may write wherever there is a real file system; /proc is none.
    const folder = process.getuid?.() === 0 ? '/proc/sandyq' : path.join(await folders.empty(), 'read-only');
    if (process.getuid?.() !== 0) {
      await mkdir(folder);
      await chmod(folder, 0o500);
    }
    await expect(start(folder)).rejects.toMatchObject({
      code: 'data-folder-not-writable',
      message: expect.stringContaining(folder),
    });
  });

  it('says that another major version made the database, and touches nothing', async () => {
    const folder = await folders.ready();
    await writeFile(path.join(folder, 'postgres', 'PG_VERSION'), '17\n');
    await expect(start(folder)).rejects.toMatchObject({
      code: 'database-files',
      message: expect.stringMatching(/PostgreSQL 17.*brings 18/),
    });
    expect(await readFile(path.join(folder, 'postgres', 'PG_VERSION'), 'utf8')).toBe('17\n');
  });

  it('says that the folder holds something else', async () => {
    const folder = await folders.empty();
    await mkdir(path.join(folder, 'postgres'));
    await writeFile(path.join(folder, 'postgres', 'thesis.doc'), 'mine');
    await expect(start(folder)).rejects.toMatchObject({ code: 'database-files' });
    expect(await readFile(path.join(folder, 'postgres', 'thesis.doc'), 'utf8')).toBe('mine');
  });

  it('shows what PostgreSQL said when it does not come up, and gives the folder free', async () => {
    const folder = await folders.ready();
    const settings = { shared_preload_libraries: 'no_such_library' };
    await expect(startEmbeddedPostgres({ dataDirectory: folder, logger, settings })).rejects.toMatchObject({
      code: 'database-start',
      message: expect.stringContaining('no_such_library'),
    });
    const server = await start(folder);
    expect(await query(server.connectionString, 'select 1')).toEqual([1]);
  });
});

it('logs the start', async () => {
  const { logger: recording, lines } = recordingLogger();
  const server = await startEmbeddedPostgres({ dataDirectory: await folders.ready(), logger: recording });
  started.push(server);
  const expected = { event: 'database-started', created: false, leftover: 0, processId: server.pid };
  expect(lines).toContainEqual(expect.objectContaining(expected));
});
