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

/** SQLSTATE insufficient_privilege: autovacuum is at work in the database, and may not be ended by us. */
const AUTOVACUUM_AT_WORK = '42501';
const DROP_ATTEMPTS = 40;

/** Drops a database of the test server, whoever is connected. */
export async function dropDatabaseNamed(name: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await onServer(`drop database if exists ${name} with (force)`);
      return;
    } catch (error) {
      const mayPass = error instanceof DatabaseError && error.sqlState === AUTOVACUUM_AT_WORK;
      if (!mayPass || attempt >= DROP_ATTEMPTS) throw error;
      await sleep(250);
    }
  }
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
