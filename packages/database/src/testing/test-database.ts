/** A migrated database of its own for one test file, on the PostgreSQL server the test run started. */
import { randomBytes } from 'node:crypto';
import { type Database, openDatabase } from '../database.ts';
import { migrate } from '../migrate.ts';

export interface TestDatabase {
  readonly database: Database;
  readonly connectionString: string;
  /** Closes the connection and drops the database. */
  drop(): Promise<void>;
}

/** Address of the server: set by the global set-up of the test run. */
export function testServerUrl(): string {
  const url = process.env['SANDYQ_TEST_DATABASE_URL'];
  if (url === undefined)
    throw new Error('SANDYQ_TEST_DATABASE_URL is not set: run the tests with `npm test`');
  return url;
}

export async function createTestDatabase(options: { maxConnections?: number } = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await onServer(`create database ${name}`);
  const url = new URL(testServerUrl());
  url.pathname = `/${name}`;
  const connectionString = url.toString();
  const database = openDatabase({ connectionString, maxConnections: options.maxConnections ?? 8 });
  await migrate(database);
  return {
    database,
    connectionString,
    drop: async () => {
      await database.close();
      await onServer(`drop database if exists ${name} with (force)`);
    },
  };
}

async function onServer(text: string): Promise<void> {
  const server = openDatabase({ connectionString: testServerUrl(), maxConnections: 1 });
  try {
    await server.query({ text });
  } finally {
    await server.close();
  }
}
