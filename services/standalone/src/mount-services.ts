/** The three services on one archive. Most of the program is below here: main.ts loads it while PostgreSQL starts. */
import { mountIndex } from '@sandyq/index';
import { mountIngest } from '@sandyq/ingest';
import { mountRetrieval } from '@sandyq/retrieval';
import type { Archive, Mounted } from '@sandyq/service';
import { noteRestore } from './backup/restored-mark.ts';

/** Mounts them. Throws if the database can't be told that it was restored. */
export async function mountServices(archive: Archive): Promise<Mounted> {
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
