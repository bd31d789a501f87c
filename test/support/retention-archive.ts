/** An archive of a test of its own without background work, so that everything that happens in it was asked for: real PostgreSQL, files, HTTP. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDevice, createFacility, migrate, openDatabase, setDeviceCommissioned } from '@sandyq/database';
import { dropDatabase, makeDatabase } from '@sandyq/database/testing';
import { createApp, readSettings, serve } from '@sandyq/http';
import { mountIngest } from '@sandyq/ingest';
import { type Archive, openArchive } from '@sandyq/service';
import { createMetrics, silentLogger } from '@sandyq/telemetry';
import { createKey } from './api-keys.ts';
import { COMMISSIONED_ON } from './retention-model.ts';

/** Facility that everything is of, and name of its issuer of patient ids. */
export const HOSPITAL = 'hospital';

/** A migrated database with a facility and two senders, to be copied. */
export interface RetentionTemplate {
  readonly connectionString: string;
  /** Headers of a sender of the facility. */
  readonly sender: Record<string, string>;
  /** Headers of its device, which was commissioned on COMMISSIONED_ON. */
  readonly device: Record<string, string>;
  readonly drop: () => Promise<void>;
}

export async function makeRetentionTemplate(): Promise<RetentionTemplate> {
  const connectionString = await makeDatabase();
  const database = openDatabase({ connectionString, maxConnections: 2 });
  try {
    await migrate(database);
    const code = 'ct';
    const keys = await database.inTransaction(async (client) => {
      await createFacility(client, { code: HOSPITAL, name: 'Hospital' }, 'test');
      await createDevice(client, { facilityCode: HOSPITAL, code, origin: 'local' }, 'test');
      await setDeviceCommissioned(client, { code, commissionedOn: COMMISSIONED_ON }, 'test');
      return [
        await createKey(client, { roles: ['scanner'], facilityCode: HOSPITAL }),
        await createKey(client, { roles: ['scanner'], deviceCode: code }),
      ];
    });
    const [sender, device] = keys.map((key) => ({ Authorization: `Bearer ${key}` }));
    if (sender === undefined || device === undefined) throw new Error('two keys were made');
    return { connectionString, sender, device, drop: () => dropDatabase(connectionString) };
  } finally {
    await database.close();
  }
}

export interface RetentionArchive {
  /** `http://127.0.0.1:port`, for storing. */
  readonly url: string;
  readonly archive: Archive;
  readonly template: RetentionTemplate;
  /** Removes data and database. */
  readonly stop: () => Promise<void>;
}

/** Opens an archive on a copy of the template and an empty store. */
export async function openRetentionArchive(template: RetentionTemplate): Promise<RetentionArchive> {
  const connectionString = await makeDatabase(template.connectionString);
  const dataFolder = await mkdtemp(join(tmpdir(), 'sandyq-test-'));
  const settings = readSettings(
    {
      SANDYQ_DATA: dataFolder,
      SANDYQ_PORT: '8080',
      SANDYQ_AUTH: 'keys',
      SANDYQ_SUPERSEDE_GRACE_SECONDS: '0',
      DATABASE_URL: connectionString,
    },
    { cwd: dataFolder },
  );
  const [logger, metrics] = [silentLogger(), createMetrics()];
  const archive = await openArchive({ settings, connectionString, logger, metrics });
  const ingest = mountIngest(archive);
  const { authenticate, audit } = archive;
  const app = createApp({ routes: ingest.routes, authenticate, audit, logger, metrics, settings });
  const server = await serve(app, { host: '127.0.0.1', port: 0, maxConnections: 100, metrics });
  return {
    url: server.url,
    archive,
    template,
    stop: async () => {
      await server.close({ graceMs: 2_000 });
      await ingest.stop?.();
      await archive.close();
      await dropDatabase(connectionString);
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}
