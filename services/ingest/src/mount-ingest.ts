/** The routes of ingest on an archive. */
import { GroupCommit } from '@sandyq/database';
import { AdmissionControl, type GuardedRoute } from '@sandyq/http';
import { Directory, recoverSpool } from '@sandyq/indexing';
import type { Archive, Mounted } from '@sandyq/service';
import type { IngestDependencies } from './dependencies.ts';
import { storeInstances } from './store-route.ts';

export function mountIngest(archive: Archive): Mounted {
  const dependencies = ingestDependencies(archive);
  const { settings, fileSystem } = archive;
  const admission = new AdmissionControl({
    maxInFlightBytes: settings.maxInFlightBytes,
    maxInFlightBytesPerSender: settings.maxInFlightBytesPerSender,
    minFreeDiskBytes: settings.minFreeDiskBytes,
    freeDiskBytes: () => fileSystem.freeBytes(settings.spoolFolder),
  });
  const store = (path: string): GuardedRoute => ({
    method: 'POST',
    path,
    action: 'store',
    patientData: true,
    keepsToFacility: true,
    handler: (context) => storeInstances(dependencies, admission, context),
  });
  const recovered = recoverQuietly(archive, dependencies);
  return {
    routes: [store('/dicom-web/studies'), store('/dicom-web/studies/:study')],
    stop: () => recovered,
  };
}

/** What dead processes of this machine left in the spool; a store that is away now is for the next start. */
async function recoverQuietly(archive: Archive, dependencies: IngestDependencies): Promise<void> {
  const { maintenance, fileSystem, settings, spool, logger } = archive;
  try {
    await recoverSpool(
      { ...dependencies, maintenance, fileSystem },
      { directory: settings.spoolFolder, ownOwner: spool.owner },
    );
  } catch (error) {
    logger.warn('spool-not-swept', { error });
  }
}

/** What ingest works with, made from what the archive has open. */
export function ingestDependencies(archive: Archive): IngestDependencies {
  return {
    database: archive.database,
    groupCommit: new GroupCommit(archive.database),
    store: archive.store,
    spool: archive.spool,
    directory: new Directory(archive.database, Date.now),
    logger: archive.logger,
    now: () => new Date(),
    newId: archive.newId,
    quarantineQuotaBytes: archive.settings.quarantineQuotaBytes,
  };
}
