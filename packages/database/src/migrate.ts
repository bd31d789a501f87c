/** Forward-only numbered migrations: `migrations/NNNN-name.sql`, each in one transaction, once, by one process. */
import { hash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Database, Queryable } from './database.ts';
import { DatabaseError } from './errors.ts';

const MIGRATIONS_DIRECTORY = fileURLToPath(new URL('../migrations', import.meta.url));
/** Any constant: processes that migrate at once wait for each other on it. */
const MIGRATION_LOCK = 7_214_001;

/** No limit that anybody meets: milliseconds, the longest that a timer takes. */
const UNLIMITED = { query_timeout: 2 ** 31 - 1 } as const;

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

/** Brings the schema up to this program; returns the names of the migrations that ran. */
export async function migrate(database: Database): Promise<string[]> {
  const migrations = await readMigrations();
  return database.inTransaction(async (client) => {
    // A migration of a large index, and waiting for the process that runs it, take their time.
    await client.query({ text: 'set local statement_timeout = 0' });
    await client.query({ ...UNLIMITED, text: 'select pg_advisory_xact_lock($1)', values: [MIGRATION_LOCK] });
    await client.query({
      text: `create table if not exists schema_migration (
        number integer primary key, name text not null, sha256 text not null, applied_at timestamptz not null default now())`,
    });
    const applied = await client.query<{ number: number; sha256: string }>({
      text: 'select number, sha256 from schema_migration order by number',
    });
    assertKnown(applied.rows, migrations);
    const missing = migrations.slice(applied.rows.length);
    for (const migration of missing) await apply(client, migration);
    return missing.map((migration) => migration.name);
  });
}

async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(MIGRATIONS_DIRECTORY)).filter((name) => /^\d{4}-.*\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(`${MIGRATIONS_DIRECTORY}/${name}`, 'utf8');
      return {
        number: Number(name.slice(0, 4)),
        name,
        sql,
        sha256: hash('sha256', sql, 'hex'),
      };
    }),
  );
}

function assertKnown(
  applied: readonly { number: number; sha256: string }[],
  migrations: readonly Migration[],
) {
  for (const [index, row] of applied.entries()) {
    const migration = migrations[index];
    if (migration === undefined) {
      throw new DatabaseError(
        'schema',
        `the database has migration ${row.number}, which this program does not know: start a newer version`,
      );
    }
    if (migration.number !== row.number || migration.sha256 !== row.sha256) {
      throw new DatabaseError('schema', `migration ${migration.name} was changed after it ran: restore it`);
    }
  }
}

async function apply(client: Queryable, migration: Migration) {
  await client.query({ ...UNLIMITED, text: migration.sql });
  await client.query({
    text: 'insert into schema_migration (number, name, sha256) values ($1, $2, $3)',
    values: [migration.number, migration.name, migration.sha256],
  });
}
