/**
 * Searches that take PostgreSQL long, more of them than there are connections: whoever asks by key, and the administrator, are
 * answered meanwhile, and nobody's search goes on when its client has left.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '@sandyq/database/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ArchiveProcess, startArchiveProcess } from '../support/archive-process.ts';

const CONNECTIONS = 3;
const SEARCHES = 6;
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
  });
});
afterAll(async () => {
  await archive.stop();
  await database.drop();
  await rm(dataFolder, { recursive: true });
});

/** Statements of the archive that wait for a lock. */
async function waitingStatements(): Promise<number> {
  const { rowCount } = await database.database.query({
    text: `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  });
  return rowCount ?? 0;
}

it('leave connections to others, and end with their clients', async () => {
  const leaving = new AbortController();
  await database.database.inTransaction(async (client) => {
    // Until the end of this transaction no search of studies comes to an end.
    await client.query({ text: 'lock table study in access exclusive mode' });
    const searches = Array.from({ length: SEARCHES }, () =>
      fetch(`${archive.url}/dicom-web/studies?ModalitiesInStudy=CT`, { signal: leaving.signal }),
    );
    const ends = Promise.allSettled(searches);
    await expect.poll(waitingStatements).toBe(CONNECTIONS - 1);
    const facilities = await fetch(`${archive.url}/admin/facilities`);
    expect(facilities.status).toBe(200);
    expect(await waitingStatements()).toBe(CONNECTIONS - 1);
    leaving.abort();
    await ends;
    await expect.poll(waitingStatements).toBe(0);
  });
  const search = await fetch(`${archive.url}/dicom-web/studies?ModalitiesInStudy=CT`);
  expect(search.status).toBe(204);
});
