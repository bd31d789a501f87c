/** A store and databases on it, for tests of the journal. Real PostgreSQL, real files. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFacility, type Database, migrate, openDatabase } from '@sandyq/database';
import { dropDatabase, makeDatabase } from '@sandyq/database/testing';
import {
  createFilesystemStore,
  type JournalBatch,
  type JournalLine,
  journalPrefix,
  nodeFileSystem,
  type ObjectStore,
  type StoreMaintenance,
} from '@sandyq/storage';
import { silentLogger } from '@sandyq/telemetry';
import type { JournalPorts } from '../journal-ports.ts';
import { readBatch } from '../read-batch.ts';

/** An archive's database on a store. */
export interface KitDatabase extends JournalPorts {
  readonly connectionString: string;
}

/** Everything that a test opens; `close` ends and removes it. */
export class JournalKit {
  readonly #cleanUps: (() => Promise<unknown>)[] = [];
  readonly #open = new Map<string, Database[]>();
  #template: Promise<string> | undefined;

  /** A filesystem store in a folder of its own. */
  async newStore(): Promise<ObjectStore & StoreMaintenance & { readonly root: string }> {
    const folder = await mkdtemp(join(tmpdir(), 'sandyq-journal-'));
    this.#cleanUps.push(() => rm(folder, { recursive: true, force: true }));
    const root = join(folder, 'objects');
    return Object.assign(createFilesystemStore({ root, fileSystem: nodeFileSystem() }), { root });
  }

  /** A new database on the store, or a copy of another one as it is now. */
  async newDatabase(store: ObjectStore & StoreMaintenance, copyOf?: KitDatabase): Promise<KitDatabase> {
    if (copyOf !== undefined) await this.#disconnect(copyOf.connectionString);
    const template = copyOf?.connectionString ?? (await (this.#template ??= this.#migrated()));
    const connectionString = await makeDatabase(template);
    this.#cleanUps.push(() => dropDatabase(connectionString));
    return this.portsOf(connectionString, store);
  }

  /** Migrated once: copies are quickly made. */
  async #migrated(): Promise<string> {
    const connectionString = await makeDatabase();
    this.#cleanUps.push(() => dropDatabase(connectionString));
    const database = openDatabase({ connectionString, maxConnections: 1 });
    await migrate(database);
    await database.close();
    return connectionString;
  }

  /** Opens the database again, on this store. */
  portsOf(connectionString: string, store: ObjectStore & StoreMaintenance): KitDatabase {
    const before = this.#open.get(connectionString) ?? [];
    const database = openDatabase({ connectionString, maxConnections: 6 });
    this.#open.set(connectionString, [...before, database]);
    return { connectionString, database, store, maintenance: store, logger: silentLogger() };
  }

  async close(): Promise<void> {
    for (const connectionString of this.#open.keys()) await this.#disconnect(connectionString);
    // Together: each waits for a checkpoint of the server.
    await Promise.all(this.#cleanUps.map((cleanUp) => cleanUp()));
  }

  async #disconnect(connectionString: string): Promise<void> {
    const databases = this.#open.get(connectionString) ?? [];
    this.#open.delete(connectionString);
    for (const database of databases) await database.close();
  }
}

/** A decision that is quickly made. */
export async function decide({ database }: Pick<JournalPorts, 'database'>, code: string): Promise<void> {
  await database.inTransaction((client) =>
    createFacility(client, { code, name: `Hospital ${code}` }, 'anna'),
  );
}

/** Every batch of the store, in order. */
export async function batchesOf(store: ObjectStore): Promise<JournalBatch[]> {
  const batches: JournalBatch[] = [];
  for await (const { key } of store.list(journalPrefix)) batches.push((await readBatch(store, key)).batch);
  return batches;
}

/** Codes of the facilities that the store's journal tells of, in order. */
export async function journalledCodes(store: ObjectStore): Promise<string[]> {
  const lines = (await batchesOf(store)).flatMap((batch): readonly JournalLine[] => batch.lines);
  return lines.flatMap((line) => (line.kind === 'facility-created' ? [line.fact.code] : []));
}

/** Codes of the facilities that the database has. */
export async function facilitiesOf({ database }: Pick<JournalPorts, 'database'>): Promise<string[]> {
  const found = await database.query<{ code: string }>({ text: 'select code from facility order by code' });
  return found.rows.map(({ code }) => code);
}
