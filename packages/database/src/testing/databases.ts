/** Databases on the server of the test run, made and dropped by name: empty ones, and copies. */
import { randomBytes } from 'node:crypto';
import { dropDatabaseNamed, onServer, testServerUrl } from './test-database.ts';

/** Makes an empty database, or a copy of one that nobody is connected to. Returns its address. */
export async function makeDatabase(copyOf?: string): Promise<string> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await onServer(`create database ${name}${copyOf === undefined ? '' : ` template ${nameOf(copyOf)}`}`);
  const url = new URL(testServerUrl());
  url.pathname = `/${name}`;
  return url.toString();
}

/** Drops it, whoever is connected. */
export async function dropDatabase(connectionString: string): Promise<void> {
  await dropDatabaseNamed(nameOf(connectionString));
}

function nameOf(connectionString: string): string {
  return new URL(connectionString).pathname.slice(1);
}
