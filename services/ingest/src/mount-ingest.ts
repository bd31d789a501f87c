/** The routes of ingest on an archive. */
import { setTimeout as sleep } from 'node:timers/promises';
import { GroupCommit } from '@sandyq/database';
import { AdmissionControl, type GuardedRoute } from '@sandyq/http';
import { Directory, IndexReadiness, PixelValueComparison, recoverSpool } from '@sandyq/indexing';
import type { Archive, Mounted } from '@sandyq/service';
import { StorageError } from '@sandyq/storage';
import type { IngestDependencies } from './dependencies.ts';
import { assertIndexKnows } from './index-knows.ts';
import { ReadingTurns } from './reading-turns.ts';
import { storeInstances } from './store-route.ts';

/** Pauses before what dead processes left is looked at again, milliseconds: after it was seen to, and after it could not be. */
const SWEEP_AGAIN_MS = 600_000;
const RECOVER_AGAIN_MS = 30_000;
/** For a request's turn: below the minute after which reverse proxies give up a backend that takes nothing. */
const ADMISSION_WAIT_MS = 30_000;

/** Re-sends in another encoding are rare; their threads start with the first one. */
const COMPARISON_THREADS = 2;

export function mountIngest(archive: Archive): Mounted {
  const dependencies = ingestDependencies(archive);
  const { settings, fileSystem, peers } = archive;
  const bytesInFlight = archive.metrics.gauge({
    name: 'store_in_flight_bytes',
    help: 'Bytes that Store requests have reserved in the spool.',
  });
  const requestsInFlight = archive.metrics.gauge({
    name: 'store_requests_in_flight',
    help: 'Store requests being received and committed.',
  });
  const admission = new AdmissionControl({
    maxRequests: settings.maxStoreRequests,
    maxWaitMs: ADMISSION_WAIT_MS,
    maxInFlightBytes: settings.maxInFlightBytes,
    maxInFlightBytesPerSender: settings.maxInFlightBytesPerSender,
    minFreeDiskBytes: settings.minFreeDiskBytes,
    // What other processes have promised to their senders is not free either.
    freeDiskBytes: async () => (await fileSystem.freeBytes(settings.spoolFolder)) - peers.heldElsewhere(),
    onChange: ({ bytes, requests }) => {
      peers.holds(bytes);
      bytesInFlight.set(bytes);
      requestsInFlight.set(requests);
    },
  });
  const store = (path: string): GuardedRoute => ({
    method: 'POST',
    path,
    action: 'store',
    patientData: true,
    keepsToFacility: true,
    awaitsRecord: true,
    handler: (context) => storeInstances(dependencies, admission, context),
  });
  const stopping = new AbortController();
  const recovered = recoverInTheEnd(archive, dependencies, stopping.signal);
  return {
    routes: [store('/dicom-web/studies'), store('/dicom-web/studies/:study')],
    readinessChecks: [
      { name: 'spool', check: () => assertSpoolTakes(archive) },
      { name: 'index', check: () => assertIndexKnows(dependencies.readiness) },
    ],
    stop: async () => {
      stopping.abort();
      await dependencies.pixels.close();
      await recovered;
    },
  };
}

/** Whether a file can be made in the spool, and admission would let it grow. */
async function assertSpoolTakes({ spool, fileSystem, settings }: Archive): Promise<void> {
  const free = await fileSystem.freeBytes(settings.spoolFolder);
  if (free < settings.minFreeDiskBytes) {
    throw new StorageError('no-space', `${settings.spoolFolder} has ${free} bytes left`);
  }
  await (await spool.createLoose()).discard();
}

/** What dead processes of this machine leave in the spool, again and again. If store or database are away, it waits for them. */
async function recoverInTheEnd(
  archive: Archive,
  dependencies: IngestDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { maintenance, fileSystem, settings, spool, logger } = archive;
  while (!signal.aborted) {
    let pauseMs = SWEEP_AGAIN_MS;
    try {
      await assertIndexKnows(dependencies.readiness);
      await recoverSpool(
        { ...dependencies, maintenance, fileSystem },
        { directory: settings.spoolFolder, ownOwner: spool.owner },
      );
    } catch (error) {
      logger.warn('spool-not-swept', { error });
      pauseMs = RECOVER_AGAIN_MS;
    }
    // The only way this ends early is the signal.
    await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

/** What ingest works with, made from what the archive has open. */
export function ingestDependencies(archive: Archive): IngestDependencies {
  return {
    database: archive.database,
    groupCommit: new GroupCommit(archive.database),
    store: archive.store,
    spool: archive.spool,
    // Not the wall clock: when that is put back, readings of the directory would be believed for ever.
    directory: new Directory(archive.database, () => performance.now()),
    maintenance: archive.maintenance,
    logger: archive.logger,
    audit: archive.audit,
    now: () => new Date(),
    newId: archive.newId,
    readiness: new IndexReadiness(archive),
    graceDays: archive.settings.retentionGraceDays,
    quarantineQuotaBytes: archive.settings.quarantineQuotaBytes,
    turns: new ReadingTurns(),
    stallMs: archive.settings.senderStallSeconds * 1_000,
    pixels: new PixelValueComparison({ threads: COMPARISON_THREADS, isLast: false }),
  };
}
