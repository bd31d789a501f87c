/** Databases of generated indexes: made once for a schema, and kept in a folder for the next run. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { migrate, openDatabase } from '@sandyq/database';
import { startEmbeddedPostgres } from '@sandyq/standalone';
import { silentLogger } from '@sandyq/telemetry';
import pg from 'pg';
import { generateIndex } from './generate-index.ts';

const repository = join(import.meta.dirname, '..', '..', '..');
/** What the rows follow from: an index made by other files is made again. */
const SOURCES = [import.meta.dirname, join(repository, 'packages', 'database', 'migrations')];
const SEED = 1;

/** A server with an index of each size. */
export interface ScaleDatabases {
  /** Connection string by number of studies. */
  readonly urls: ReadonlyMap<number, string>;
  stop(): Promise<void>;
}

/** Starts the server of the folder and makes what is missing; a million studies take some minutes and 6 GB. */
export async function startScaleDatabases(
  folder: string,
  sizes: readonly number[],
  note: (what: string) => void,
): Promise<ScaleDatabases> {
  await mkdir(folder, { recursive: true });
  const server = await startEmbeddedPostgres({ dataDirectory: folder, logger: silentLogger() });
  try {
    const version = await versionOfSources();
    const urls = new Map<number, string>();
    for (const studies of sizes) {
      const name = `studies_${studies}_${version}`;
      const url = new URL(server.connectionString);
      url.pathname = `/${name}`;
      urls.set(studies, url.toString());
      if (!(await isThere(server.connectionString, name, studies))) await make(url.toString(), studies, note);
    }
    return { urls, stop: () => server.stop() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function versionOfSources(): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of SOURCES) {
    const names = (await readdir(folder)).filter((name) =>
      /^\d{4}-.*\.sql$|^(people|rows-of|generate|bare)/.test(name),
    );
    for (const name of names.sort()) hash.update(await readFile(join(folder, name)));
  }
  return hash.digest('hex').slice(0, 8);
}

/** Whether the index was made to its end; else makes an empty database, and drops those of before of the same size. */
async function isThere(connectionString: string, name: string, studies: number): Promise<boolean> {
  return withClient(connectionString, async (client) => {
    const found = await client.query<{ datname: string; comment: string | null }>(
      `select datname, shobj_description(oid, 'pg_database') as comment from pg_database where datname like $1`,
      [`studies\\_${studies}\\_%`],
    );
    const isMade = found.rows.some(({ datname, comment }) => datname === name && comment === MADE);
    if (isMade) return true;
    for (const { datname } of found.rows) await client.query(`drop database ${datname} with (force)`);
    await client.query(`create database ${name}`);
    return false;
  });
}

const MADE = 'made to its end';

async function make(url: string, studies: number, note: (what: string) => void): Promise<void> {
  const database = openDatabase({ connectionString: url });
  try {
    await migrate(database);
  } finally {
    await database.close();
  }
  await withClient(url, async (client) => {
    await generateIndex(client, {
      studies,
      seed: SEED,
      onStep: (what) => note(`${studies} studies: ${what}`),
    });
    const { rows } = await client.query<{ name: string }>('select current_database() as name');
    await client.query(`comment on database ${rows[0]?.name} is '${MADE}'`);
  });
}

/** A connection for one piece of work. */
export async function withClient<Result>(
  connectionString: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
