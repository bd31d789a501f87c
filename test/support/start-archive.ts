/** An archive inside the test's process: real PostgreSQL, real store, real HTTP server; everything of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '@sandyq/database/testing';
import {
  createApp,
  type Environment,
  probeRoutes,
  type Route,
  readSettings,
  type Settings,
  serve,
} from '@sandyq/http';
import { mountIndex } from '@sandyq/index';
import { mountIngest } from '@sandyq/ingest';
import { mountRetrieval } from '@sandyq/retrieval';
import { type Archive, openArchive } from '@sandyq/service';
import { createMetrics, type Logger, silentLogger } from '@sandyq/telemetry';

export interface TestArchive {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  readonly archive: Archive;
  readonly settings: Settings;
  readonly testDatabase: TestDatabase;
  /** Of the three services, without the probes. */
  readonly routes: readonly Route[];
  /** Stops everything and removes data and database. */
  stop(): Promise<void>;
}

export interface TestArchiveOptions {
  /** Settings beside those of the test, e.g. S3_ENDPOINT. */
  readonly environment?: Environment;
  readonly logger?: Logger;
}

export async function startArchive(options: TestArchiveOptions = {}): Promise<TestArchive> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'sandyq-test-'));
  const testDatabase = await createTestDatabase();
  const settings = readSettings(
    {
      SANDYQ_DATA: dataFolder,
      SANDYQ_PORT: '8080',
      DATABASE_URL: testDatabase.connectionString,
      SANDYQ_SUPERSEDE_GRACE_SECONDS: '0',
      ...options.environment,
    },
    { cwd: dataFolder },
  );
  const logger = options.logger ?? silentLogger();
  const metrics = createMetrics();
  const archive = await openArchive({
    settings,
    connectionString: testDatabase.connectionString,
    logger,
    metrics,
  });
  const services = [mountIngest(archive), mountIndex(archive), mountRetrieval(archive)];
  const routes = services.flatMap((service) => service.routes);
  const stopping = new AbortController();
  const probes = probeRoutes({
    checks: [...archive.readinessChecks, ...services.flatMap((service) => service.readinessChecks ?? [])],
    metrics,
    logger,
    stopping: stopping.signal,
    openMetrics: true,
  });
  const app = createApp({
    routes: [...probes, ...routes],
    authenticate: archive.authenticate,
    audit: archive.audit,
    logger,
    metrics,
    settings,
  });
  const server = await serve(app, { host: '127.0.0.1', port: 0, maxConnections: 1_000, metrics });
  return {
    url: server.url,
    archive,
    settings,
    testDatabase,
    routes,
    stop: async () => {
      stopping.abort();
      await server.close({ graceMs: 2_000 });
      for (const service of services) await service.stop?.();
      await archive.close();
      await testDatabase.drop();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}
