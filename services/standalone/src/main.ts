/** The standalone archive: ingest, index and retrieval in one process, with an embedded PostgreSQL unless DATABASE_URL is set. */

import type { Settings } from '@sandyq/http';
import { mountIndex } from '@sandyq/index';
import { mountIngest } from '@sandyq/ingest';
import { mountRetrieval } from '@sandyq/retrieval';
import { type Archive, type Mounted, startService } from '@sandyq/service';
import type { Logger } from '@sandyq/telemetry';
import { startEmbeddedPostgres } from './embedded-postgres/embedded-postgres.ts';

await startService({ name: 'standalone', mount, openDatabase, onListening: greet });

async function mount(archive: Archive): Promise<Mounted> {
  const services = [mountIngest(archive), mountIndex(archive), mountRetrieval(archive)];
  return {
    routes: services.flatMap(({ routes }) => routes),
    stop: async () => {
      for (const service of services) await service.stop?.();
    },
  };
}

async function openDatabase(settings: Settings, logger: Logger) {
  if (settings.database.kind === 'external') {
    return { connectionString: settings.database.url.reveal(), stop: () => Promise.resolve() };
  }
  const postgres = await startEmbeddedPostgres({ dataDirectory: settings.dataFolder, logger });
  let stopping = false;
  // Without its database the archive could only answer 503: better ended, and started anew by whoever supervises it.
  void postgres.exited.then(() => {
    if (stopping) return;
    logger.error('database-ended');
    process.stderr.write('\nThe embedded PostgreSQL has ended. Start the archive again.\n\n');
    process.exit(1);
  });
  return {
    connectionString: postgres.connectionString,
    stop: () => {
      stopping = true;
      return postgres.stop();
    },
  };
}

function greet(url: string, settings: Settings): void {
  const lines = [
    '',
    `  Sandyq is ready: ${url}`,
    '',
    `  push   npm run import -- FOLDER`,
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
