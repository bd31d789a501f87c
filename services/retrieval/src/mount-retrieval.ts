/** The routes of retrieval on an archive. */
import type { GuardedRoute } from '@sandyq/http';
import type { Archive, Mounted } from '@sandyq/service';
import { DAMAGES, type RetrievalDependencies } from './dependencies.ts';
import { retrieveBulkData } from './retrieve-bulk-data.ts';
import { retrieveFrames } from './retrieve-frames.ts';
import { retrieveInstance } from './retrieve-instance.ts';
import { retrieveInstances } from './retrieve-instances.ts';
import { retrieveMetadata } from './retrieve-metadata.ts';
import { retrieveOriginal } from './retrieve-original.ts';

const STUDY = '/dicom-web/studies/:study';
const SERIES = `${STUDY}/series/:series`;
const INSTANCE = `${SERIES}/instances/:instance`;

/** Mounts them. */
export function mountRetrieval(archive: Archive): Mounted {
  const dependencies = retrievalDependencies(archive);
  const route = (
    path: string,
    retrieve: Retrieve,
    action: GuardedRoute['action'] = 'retrieve',
  ): GuardedRoute => ({
    method: 'GET',
    path,
    action,
    patientData: true,
    keepsToFacility: true,
    handler: (context) => retrieve(dependencies, context),
  });
  return {
    routes: [
      route(STUDY, retrieveInstances),
      route(SERIES, retrieveInstances),
      route(INSTANCE, retrieveInstance),
      route(`${STUDY}/metadata`, retrieveMetadata),
      route(`${SERIES}/metadata`, retrieveMetadata),
      route(`${INSTANCE}/metadata`, retrieveMetadata),
      route(`${INSTANCE}/bulkdata/*path`, retrieveBulkData),
      route(`${INSTANCE}/frames/:frames`, retrieveFrames),
      route('/originals/:study/:series/:instance', retrieveOriginal, 'read-original'),
    ],
  };
}

type Retrieve = (
  dependencies: RetrievalDependencies,
  context: Parameters<GuardedRoute['handler']>[0],
) => ReturnType<GuardedRoute['handler']>;

function retrievalDependencies({ database, store, metrics }: Archive): RetrievalDependencies {
  const damagedReads = metrics.counter({
    name: 'retrieval_damaged_reads_total',
    help: 'Reads of stored instances that found damage, or no object at all. Any is a case for the administrator.',
    labels: { kind: DAMAGES },
  });
  return { database, store, damagedReads };
}
