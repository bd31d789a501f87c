/** The routes of rendered resources and thumbnails (PS3.18 Tables 10.4.1-3 and 10.4.1-4). */
import type { GuardedRoute } from '@sandyq/http';
import type { RetrievalDependencies } from '../dependencies.ts';
import { retrieveRenderedFrames, retrieveRenderedInstance } from './retrieve-rendered.ts';
import { retrieveRenderedSet } from './retrieve-rendered-set.ts';
import { retrieveThumbnail } from './retrieve-thumbnail.ts';

const STUDY = '/dicom-web/studies/:study';
const SERIES = `${STUDY}/series/:series`;
const INSTANCE = `${SERIES}/instances/:instance`;
const FRAMES = `${INSTANCE}/frames/:frames`;

/** They read what is stored and nothing else: action `retrieve`. */
export function renderedRoutes(dependencies: RetrievalDependencies): GuardedRoute[] {
  const route = (path: string, retrieve: typeof retrieveThumbnail): GuardedRoute => ({
    method: 'GET',
    path,
    action: 'retrieve',
    patientData: true,
    keepsToFacility: true,
    handler: (context) => retrieve(dependencies, context),
  });
  return [
    route(`${STUDY}/rendered`, retrieveRenderedSet),
    route(`${SERIES}/rendered`, retrieveRenderedSet),
    route(`${INSTANCE}/rendered`, retrieveRenderedInstance),
    route(`${FRAMES}/rendered`, retrieveRenderedFrames),
    ...[STUDY, SERIES, INSTANCE, FRAMES].map((path) => route(`${path}/thumbnail`, retrieveThumbnail)),
  ];
}
