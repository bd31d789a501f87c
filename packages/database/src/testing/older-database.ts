/** Databases as older programs left them: for tests of migrations. */
import { hash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { type Database, openDatabase } from '../database.ts';
import { dropDatabase, makeDatabase } from './databases.ts';

const FOLDER = new URL('../../migrations/', import.meta.url);

/** A database of an older program. */
export interface OlderDatabase {
  readonly database: Database;
  drop(): Promise<void>;
}

/** A database that has the migrations before this number, e.g. `0006`, and no rows. */
export async function makeOlderDatabase(before: string): Promise<OlderDatabase> {
  const connectionString = await makeDatabase();
  const database = openDatabase({ connectionString, maxConnections: 2 });
  await database.query({
    text: `create table schema_migration (number integer primary key, name text not null, sha256 text not null,
      applied_at timestamptz not null default now())`,
  });
  for (const name of (await readdir(FOLDER)).filter((file) => file < before).sort()) {
    const sql = await readFile(new URL(name, FOLDER), 'utf8');
    await database.query({ text: sql });
    await database.query({
      text: 'insert into schema_migration (number, name, sha256) values ($1, $2, $3)',
      values: [Number(name.slice(0, 4)), name, hash('sha256', sql, 'hex')],
    });
  }
  return {
    database,
    drop: async () => {
      await database.close();
      await dropDatabase(connectionString);
    },
  };
}
