/** A migrated database of its own for one test file, on the PostgreSQL server the test run started. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, openDatabase } from '../database.ts';
import { DatabaseError } from '../errors.ts';
import { migrate } from '../migrate.ts';

export interface TestDatabase {
  readonly database: Database;
  readonly connectionString: string;
  /** Closes the connection and drops the database. */
  readonly drop: () => Promise<void>;
}

/** Address of the server: set by the global set-up of the test run. */
export function testServerUrl(): string {
  const url = process.env['SANDYQ_TEST_DATABASE_URL'];
  if (url === undefined)
    throw new Error('SANDYQ_TEST_DATABASE_URL is not set: run the tests with `npm test`');
  return url;
}

/** Makes a migrated database that {@link createTestDatabase} copies, which is quicker than to migrate each. Returns its name. */
export async function makeTemplate(): Promise<string> {
  const name = `template_${randomBytes(8).toString('hex')}`;
  await onServer(`create database ${name}`);
  const database = openDatabase({ connectionString: addressOf(name), maxConnections: 1 });
  await migrate(database);
  await database.close();
  return name;
}

export async function createTestDatabase(options: { maxConnections?: number } = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  // Of a server that was given from outside there is none.
  await onServer(`create database ${name} template ${process.env['SANDYQ_TEST_TEMPLATE'] ?? 'template1'}`);
  const connectionString = addressOf(name);
  const database = openDatabase({ connectionString, maxConnections: options.maxConnections ?? 8 });
  await migrate(database);
  return {
    database,
    connectionString,
    drop: async () => {
      await database.close();
      await dropDatabaseNamed(name);
    },
  };
}

function addressOf(name: string): string {
  const url = new URL(testServerUrl());
  url.pathname = `/${name}`;
  return url.toString();
}

/** SQLSTATEs: autovacuum is at work in the database, and may not be ended by us; somebody is still connected. */
const MAY_PASS: ReadonlySet<string | undefined> = new Set(['42501', '55006']);
const DROP_ATTEMPTS = 40;

/**
 * Drops a database of the test server, whoever is connected. Where that is of this run and on a disk, its files stay until the run
 * ends: ext4 gives out no inode that was deleted in the last minutes, and looks at each of them for every file that is made (1.5 s
 * for a database of 1,700 files instead of 0.3).
 */
export async function dropDatabaseNamed(name: string): Promise<void> {
  const server = openDatabase({ connectionString: testServerUrl(), maxConnections: 1 });
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await (keepsDropped() ? putAside(server, name) : dropAtOnce(server, name));
        return;
      } catch (error) {
        const mayPass = error instanceof DatabaseError && MAY_PASS.has(error.sqlState);
        if (!mayPass || attempt >= DROP_ATTEMPTS) throw error;
        await sleep(attempt === 1 ? 10 : 250);
      }
    }
  } finally {
    await server.close();
  }
}

/** As the set-up of the run says. */
function keepsDropped(): boolean {
  return process.env['SANDYQ_TEST_KEEP_DROPPED'] === 'true';
}

async function dropAtOnce(server: Database, name: string): Promise<void> {
  await server.query({ text: `drop database if exists ${name} with (force)` });
}

/** Nobody can connect to it, and its name is free. */
async function putAside(server: Database, name: string): Promise<void> {
  const found = await server.query({ text: 'select from pg_database where datname = $1', values: [name] });
  if (found.rowCount === 0) return;
  await server.query({ text: `alter database ${name} with allow_connections false` });
  await server.query({
    text: 'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1',
    values: [name],
  });
  await server.query({ text: `alter database ${name} rename to dropped_${randomBytes(8).toString('hex')}` });
}

/** Runs one statement outside of any test's database. */
export async function onServer(text: string): Promise<void> {
  const server = openDatabase({ connectionString: testServerUrl(), maxConnections: 1 });
  try {
    await server.query({ text });
  } finally {
    await server.close();
  }
}
