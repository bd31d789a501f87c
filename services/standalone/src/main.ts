/** The standalone archive: ingest, index and retrieval in one process, with an embedded PostgreSQL unless DATABASE_URL is set. */

import type { Settings } from '@sandyq/http';
import { mountIndex } from '@sandyq/index';
import { mountIngest } from '@sandyq/ingest';
import { mountRetrieval } from '@sandyq/retrieval';
import { type Archive, type Mounted, startService } from '@sandyq/service';
import type { Logger } from '@sandyq/telemetry';
import { noteRestore } from './backup/restored-mark.ts';
import { keepPostgres } from './embedded-postgres/keep-postgres.ts';

await startService({ name: 'standalone', mount, openDatabase, onListening: greet });

async function mount(archive: Archive): Promise<Mounted> {
  const { database } = archive.settings;
  // Before the first request: a restored database gives no verdicts until it has looked at the store.
  if (database.kind === 'embedded' && (await noteRestore(database.folder, archive))) {
    archive.logger.warn('database-restored');
  }
  const services = [mountIngest(archive), mountIndex(archive), mountRetrieval(archive)];
  return {
    routes: services.flatMap(({ routes }) => routes),
    readinessChecks: services.flatMap(({ readinessChecks = [] }) => readinessChecks),
    stop: async () => {
      for (const service of services) await service.stop?.();
    },
  };
}

async function openDatabase(settings: Settings, logger: Logger) {
  if (settings.database.kind === 'external') {
    return { connectionString: settings.database.url.reveal(), stop: () => Promise.resolve() };
  }
  return keepPostgres({
    dataDirectory: settings.dataFolder,
    logger,
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
