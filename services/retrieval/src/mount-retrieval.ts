/** The routes of retrieval on an archive. */
import type { GuardedRoute } from '@sandyq/http';
import type { Archive, Mounted } from '@sandyq/service';
import { AnswerBuffers } from './answer-buffers.ts';
import { retrieveAllBulkData } from './bulk-levels/retrieve-all-bulk-data.ts';
import { byMediaType } from './by-media-type.ts';
import { commitmentRoutes } from './commitment/commitment-routes.ts';
import { openCommitments } from './commitment/open-commitments.ts';
import { DAMAGES, type RetrievalDependencies } from './dependencies.ts';
import { LocationCache } from './location-cache.ts';
import { openCaches } from './open-caches.ts';
import { openRendering } from './rendered/open-rendering.ts';
import { renderedRoutes } from './rendered/rendered-routes.ts';
import { retrieveBulkData } from './retrieve-bulk-data.ts';
import { retrieveFrames } from './retrieve-frames.ts';
import { retrieveInstance } from './retrieve-instance.ts';
import { retrieveInstances } from './retrieve-instances.ts';
import { retrieveMetadata } from './retrieve-metadata.ts';
import { retrieveOriginal } from './retrieve-original.ts';
import { retrieveReceivedParts } from './retrieve-received-parts.ts';
import { KeptSeries } from './series-metadata/kept-series.ts';
import { openCodecs } from './transcoding/open-codecs.ts';
import { wadoUriRoutes } from './wado-uri/wado-uri-routes.ts';

const STUDY = '/dicom-web/studies/:study';
const SERIES = `${STUDY}/series/:series`;
const INSTANCE = `${SERIES}/instances/:instance`;

/** Mounts them. */
export function mountRetrieval(archive: Archive): Mounted {
  const dependencies = retrievalDependencies(archive);
  const commitments = openCommitments(archive, dependencies);
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
      route(STUDY, byMediaType(retrieveInstances)),
      route(SERIES, byMediaType(retrieveInstances)),
      route(INSTANCE, byMediaType(retrieveInstance)),
      ...[STUDY, SERIES, INSTANCE].flatMap((path) => [
        route(`${path}/bulkdata`, (ports, context) => retrieveAllBulkData(ports, context, 'all')),
        route(`${path}/pixeldata`, (ports, context) => retrieveAllBulkData(ports, context, 'pixel-data')),
      ]),
      route(`${STUDY}/metadata`, retrieveMetadata),
      route(`${SERIES}/metadata`, retrieveMetadata),
      route(`${INSTANCE}/metadata`, retrieveMetadata),
      route(`${INSTANCE}/bulkdata/*path`, retrieveBulkData),
      route(`${INSTANCE}/frames/:frames`, retrieveFrames),
      route('/originals/:study/:series/:instance', retrieveOriginal, 'read-original'),
      route('/originals/:study/:series/:instance/parts', retrieveReceivedParts, 'read-original'),
      ...renderedRoutes(dependencies),
      ...wadoUriRoutes(dependencies),
      ...commitmentRoutes(dependencies, commitments),
    ],
    stop: async () => {
      await commitments.stop();
      await dependencies.codecs.close();
      await dependencies.keptSeries.close();
    },
  };
}

type Retrieve = (
  dependencies: RetrievalDependencies,
  context: Parameters<GuardedRoute['handler']>[0],
) => ReturnType<GuardedRoute['handler']>;

function retrievalDependencies({
  database,
  answers,
  ranges,
  metrics,
  settings,
}: Archive): RetrievalDependencies {
  const damagedReads = metrics.counter({
    name: 'retrieval_damaged_reads_total',
    help: 'Reads of stored instances that found damage, or no object at all. Any is a case for the administrator.',
    labels: { kind: DAMAGES },
  });
  return {
    database,
    store: answers,
    ranges,
    locations: new LocationCache(database),
    buffers: new AnswerBuffers(),
    keptSeries: new KeptSeries(database, metrics),
    damagedReads,
    ...openCodecs(settings, metrics),
    caches: openCaches(settings, metrics),
    rendering: openRendering(settings, metrics),
  };
}
