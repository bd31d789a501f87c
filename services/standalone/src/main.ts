/**
 * The standalone archive: ingest, index and retrieval on one port, in as many processes as the machine feeds, with an embedded PostgreSQL
 * unless DATABASE_URL is set.
 */
import { availableParallelism } from 'node:os';

import type { Settings } from '@sandyq/http';
import { startService } from '@sandyq/service';
import type { Logger } from '@sandyq/telemetry';
import { keepPostgres } from './embedded-postgres/keep-postgres.ts';

/** The other half of the cores is PostgreSQL's, the kernel's and the codecs' (docs/decisions/0032). */
const processes = Math.max(1, Math.floor(availableParallelism() / 2));
/** Of PostgreSQL, beside those of the serving processes: command-line tools, backups. Each that may be costs shared memory. */
const SPARE_CONNECTIONS = 50;

/** Loaded while PostgreSQL starts. */
const services = import('./mount-services.ts');

await startService({
  name: 'standalone',
  mount: async (archive) => (await services).mountServices(archive),
  processes,
  openDatabase,
  onListening: greet,
});

async function openDatabase(settings: Settings, logger: Logger, serving: number) {
  if (settings.database.kind === 'external') {
    return { connectionString: settings.database.url.reveal(), stop: () => Promise.resolve() };
  }
  const connections = serving * settings.database.maxConnections + SPARE_CONNECTIONS;
  return keepPostgres({
    dataDirectory: settings.dataFolder,
    logger,
    settings: { max_connections: String(connections) },
    onLost: (error) => {
      logger.error('database-lost', { error });
      process.stderr.write('\nAnother process has taken the data folder.\n\n');
      process.exit(1);
    },
  });
}

function greet(url: string, settings: Settings): void {
  const lines = [
    '',
    `  Sandyq is ready: ${url}`,
    '',
    `  look   ${url} in a browser: studies, pictures, viewer`,
    `  push   npm run import -- --url ${url} FOLDER`,
    `  find   curl ${url}/dicom-web/studies`,
    `  data   ${settings.dataFolder}`,
    ...(settings.authMode === 'single-user'
      ? [
          '',
          '  Single-user mode: everyone on this machine may do everything. Set SANDYQ_AUTH=keys for more users.',
        ]
      : []),
    '',
    '  Ctrl-C stops it.',
    '',
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
}
