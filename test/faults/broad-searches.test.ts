/**
 * Searches that take PostgreSQL long, more of them than there are connections: whoever asks by key, and the administrator, are
 * answered meanwhile, one person's searches leave a place for another's, and none goes on when its client has left.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Role } from '@sandyq/auth';
import { createTestDatabase, type TestDatabase } from '@sandyq/database/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createKey } from '../support/api-keys.ts';
import { type ArchiveProcess, startArchiveProcess } from '../support/archive-process.ts';

/** Eight of them for broad searches, of which a single person may have seven; the archive's own work waits for the lock as well. */
const CONNECTIONS = 12;
const MOST_OF_ALL = 8;
const MOST_OF_ONE = 7;
let database: TestDatabase;
let archive: ArchiveProcess;
let dataFolder: string;

beforeAll(async () => {
  database = await createTestDatabase();
  dataFolder = await mkdtemp(join(tmpdir(), 'sandyq-broad-'));
  archive = await startArchiveProcess('standalone', {
    SANDYQ_DATA: dataFolder,
    DATABASE_URL: database.connectionString,
    SANDYQ_DATABASE_CONNECTIONS: String(CONNECTIONS),
    SANDYQ_AUTH: 'keys',
  });
});
afterAll(async () => {
  await archive.stop();
  await database.drop();
  await rm(dataFolder, { recursive: true });
});

/** Asks the archive as somebody of this role, who is another one each time. */
async function personOf(role: Role) {
  const headers = { Authorization: `Bearer ${await createKey(database.database, { roles: [role] })}` };
  return (path: string, signal: AbortSignal | null = null) =>
    fetch(`${archive.url}${path}`, { headers, signal });
}

/** Searches that PostgreSQL works on: they wait for a lock. */
async function waitingSearches(): Promise<number> {
  const { rowCount } = await database.database.query({
    text: `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
      and query like 'with found as materialized%'`,
  });
  return rowCount ?? 0;
}

const PATIENCE = { timeout: 20_000 };
const BROAD = '/dicom-web/studies?ModalitiesInStudy=CT';

it('leave room to others, and end with their clients', async () => {
  const [busy, other] = [await personOf('radiologist'), await personOf('radiologist')];
  const administrator = await personOf('administrator');
  const leaving = new AbortController();
  await database.database.inTransaction(async (client) => {
    // Until the end of this transaction no search of studies comes to an end.
    await client.query({ text: 'lock table study in access exclusive mode' });
    const searches = Array.from({ length: 2 * CONNECTIONS }, () => busy(BROAD, leaving.signal));
    await expect.poll(waitingSearches, PATIENCE).toBe(MOST_OF_ONE);
    searches.push(other(BROAD, leaving.signal));
    await expect.poll(waitingSearches, PATIENCE).toBe(MOST_OF_ALL);
    const ends = Promise.allSettled(searches);
    const facilities = await administrator('/admin/facilities');
    expect(facilities.status).toBe(200);
    expect(await waitingSearches()).toBe(MOST_OF_ALL);
    leaving.abort();
    await ends;
    await expect.poll(waitingSearches, PATIENCE).toBe(0);
  });
  expect((await busy(BROAD)).status).toBe(204);
});
