/**
 * Retrieve Capabilities (PS3.18 §8.9): `OPTIONS` on the root of the service, and on `/` for who asks the address itself. `GET` on the
 * root of the service gives the same, for people with a browser. What is described is the whole archive, also where it is split.
 */
import { DicomwebError, negotiate, parseAccept, type Representation, SERVICE_PATH } from '@sandyq/dicomweb';
import type { Answer, OpenContext, OpenRoute } from '@sandyq/http';
import { writeCapabilitiesJson } from './capabilities-json.ts';
import { resourceTree } from './resource-tree.ts';
import { writeWadl } from './wadl.ts';

const WADL_TYPE = 'application/vnd.sun.wadl+xml';

const OFFERS: readonly Representation[] = [
  { mediaType: WADL_TYPE, multipart: false, isDefaultType: true },
  { mediaType: 'application/json', multipart: false },
  { mediaType: 'application/dicom+json', multipart: false },
  { mediaType: 'application/xml', multipart: false },
  { mediaType: 'text/xml', multipart: false },
];

/** The routes; open to anyone: they show no patient data. */
export function capabilitiesRoutes(): OpenRoute[] {
  const open = { action: 'open-pages', patientData: false, handler: describeCapabilities } as const;
  return [
    { ...open, method: 'OPTIONS', path: '/' },
    { ...open, method: 'OPTIONS', path: SERVICE_PATH },
    { ...open, method: 'GET', path: SERVICE_PATH },
  ];
}

function describeCapabilities(context: OpenContext): Answer {
  const accept = parseAccept(context.headers.accept, context.query.get('accept'));
  const mediaType = negotiate(accept, OFFERS)?.mediaType;
  if (mediaType === undefined) {
    throw new DicomwebError('not-acceptable', `capabilities are sent as ${WADL_TYPE} or application/json`);
  }
  const base = `${context.baseUrl}${SERVICE_PATH}`;
  const write = mediaType.endsWith('json') ? writeCapabilitiesJson : writeWadl;
  return {
    status: 200,
    headers: { 'Content-Type': mediaType, Allow: 'GET, HEAD, OPTIONS', Vary: 'Accept' },
    body: write(base, resourceTree()),
  };
}
