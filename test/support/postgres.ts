/** One real PostgreSQL for a whole test run. Tests take a database of their own on it: `@sandyq/database/testing`. */
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@sandyq/standalone';
import { silentLogger } from '@sandyq/telemetry';

/**
 * Starts the server of `npm start`, fsync included, in a data folder for tests, with connections enough for all test files
 * at once. Its role may create databases.
 */
export async function startTestPostgres(dataDirectory: string): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({
    dataDirectory,
    logger: silentLogger(),
    settings: {
      max_connections: '500',
      // Its databases stay until the run ends. Autovacuum would visit each of them every minute, and whoever asks for a checkpoint wait
      // until all their files are on disk.
      autovacuum_naptime: '10min',
      checkpoint_timeout: '1min',
      // A new database is a copy that goes through the log, page by page: compressing them costs more than writing them.
      wal_compression: 'off',
    },
  });
}
