/**
 * The DICOMweb resources of the archive, all services together: for the Capabilities Description (PS3.18 §8.9, Annex H) and for
 * `Allow`. A test compares it with the routes that the services mount.
 */

/** A method of a resource. */
export interface ResourceMethod {
  readonly method: 'GET' | 'POST';
  /** Identifies it in the description, e.g. `RetrieveStudy`. */
  readonly id: string;
  /** Clause of PS3.18. */
  readonly clause: string;
  /** Names of query parameters, beside attributes to match. */
  readonly query: readonly string[];
  /** Media types of request bodies. */
  readonly consumes: readonly string[];
  /** Media types of answers, the default first. */
  readonly produces: readonly string[];
  /** Statuses of success, then of failures, beside those of every resource. */
  readonly statuses: readonly number[];
}

/** A resource: its path below the root of the service, as a URI template (RFC 6570), and its methods. */
export interface ResourceDescription {
  readonly path: string;
  readonly methods: readonly ResourceMethod[];
}

/** Path of the service under the address of the archive. */
export const SERVICE_PATH = '/dicom-web';

const JSON_TYPE = 'application/dicom+json';
const XML_TYPE = 'application/dicom+xml';
const XML_PARTS = `multipart/related; type="${XML_TYPE}"`;
const DICOM_PARTS = 'multipart/related; type="application/dicom"';
const OCTET_PARTS = 'multipart/related; type="application/octet-stream"';
const ZIP_TYPE = 'application/zip';
const PICTURES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];
const PICTURE_PARTS = PICTURES.map((type) => `multipart/related; type="${type}"`);
const PICTURE_QUERY = ['accept', 'charset', 'annotation', 'quality', 'viewport', 'window', 'iccprofile'];
const SEARCH_QUERY = ['accept', 'charset', 'fuzzymatching', 'includefield', 'limit', 'offset'];

type Described = Partial<Omit<ResourceMethod, 'id' | 'clause' | 'method'>>;

function get(id: string, clause: string, described: Described): ResourceMethod {
  const statuses = [200, 304, 400, 404, 406];
  return {
    method: 'GET',
    id,
    clause,
    query: ['accept', 'charset'],
    consumes: [],
    produces: [],
    statuses,
    ...described,
  };
}

function search(id: string): ResourceMethod {
  return get(id, '10.6', {
    query: SEARCH_QUERY,
    produces: [JSON_TYPE, XML_PARTS],
    statuses: [200, 204, 400, 406],
  });
}

function store(id: string): ResourceMethod {
  return {
    method: 'POST',
    id,
    clause: '10.5',
    query: ['accept', 'charset'],
    consumes: [
      DICOM_PARTS,
      'application/dicom',
      `multipart/related; type="${JSON_TYPE}"`,
      `multipart/related; type="${XML_TYPE}"`,
    ],
    produces: [JSON_TYPE, XML_TYPE],
    statuses: [200, 202, 400, 409, 413, 415, 503],
  };
}

/** What there is of a study, a series and an instance alike; `level`: as in the ids, e.g. `Series`. */
function retrieved(level: 'Study' | 'Series' | 'Instance', path: string): ResourceDescription[] {
  const isOne = level === 'Instance';
  const bulk = { produces: [OCTET_PARTS] };
  const single = isOne ? PICTURES : [];
  const picture = { query: PICTURE_QUERY, produces: [...single, ...PICTURE_PARTS] };
  const whole = {
    produces: [DICOM_PARTS, ...(isOne ? ['application/dicom'] : []), OCTET_PARTS, ZIP_TYPE],
    statuses: [200, 206, 304, 400, 404, 406],
  };
  const metadata = { produces: [JSON_TYPE, XML_PARTS] };
  return [
    { path, methods: [get(`Retrieve${level}`, '10.4.1.1.1', whole)] },
    { path: `${path}/metadata`, methods: [get(`Retrieve${level}Metadata`, '10.4.1.1.2', metadata)] },
    { path: `${path}/rendered`, methods: [get(`RetrieveRendered${level}`, '10.4.1.1.3', picture)] },
    {
      path: `${path}/thumbnail`,
      methods: [
        get(`Retrieve${level}Thumbnail`, '10.4.1.1.4', {
          query: ['accept', 'charset', 'viewport'],
          produces: PICTURES,
        }),
      ],
    },
    { path: `${path}/bulkdata`, methods: [get(`Retrieve${level}Bulkdata`, '10.4.1.1.5', bulk)] },
    { path: `${path}/pixeldata`, methods: [get(`Retrieve${level}PixelData`, '10.4.1.1.6', bulk)] },
  ];
}

const STUDY = '/studies/{study}';
const SERIES = `${STUDY}/series/{series}`;
const INSTANCE = `${SERIES}/instances/{instance}`;
const FRAMES = `${INSTANCE}/frames/{frames}`;
const FRAME_TYPES = ['application/octet-stream', OCTET_PARTS, 'image/*', 'video/*'];

const commitment: ResourceDescription = {
  path: '/commitment-requests/{transaction}',
  methods: [
    {
      method: 'POST',
      id: 'RequestStorageCommitment',
      clause: '13.4',
      query: ['accept', 'charset'],
      consumes: [JSON_TYPE, XML_TYPE],
      produces: [JSON_TYPE, XML_TYPE],
      statuses: [200, 202, 400, 409, 413, 415, 503],
    },
    get('CheckStorageCommitment', '13.5', {
      produces: [JSON_TYPE, XML_TYPE],
      statuses: [200, 202, 400, 404, 410],
    }),
  ],
};

const [study, ...ofStudy] = retrieved('Study', STUDY);

/** All of them, parents before children. */
export const RESOURCES: readonly ResourceDescription[] = [
  { path: '/studies', methods: [search('SearchForStudies'), store('StoreInstances')] },
  { path: STUDY, methods: [...(study?.methods ?? []), store('StoreStudyInstances')] },
  ...ofStudy,
  { path: `${STUDY}/series`, methods: [search('SearchForStudySeries')] },
  ...retrieved('Series', SERIES),
  { path: `${SERIES}/instances`, methods: [search('SearchForStudySeriesInstances')] },
  ...retrieved('Instance', INSTANCE),
  {
    path: `${INSTANCE}/bulkdata/{+path}`,
    methods: [get('RetrieveBulkdata', '10.4.1.1.5', { produces: [OCTET_PARTS, 'application/octet-stream'] })],
  },
  { path: FRAMES, methods: [get('RetrieveFrames', '10.4.1.1.6', { produces: FRAME_TYPES })] },
  {
    path: `${FRAMES}/rendered`,
    methods: [
      get('RetrieveRenderedFrames', '10.4.1.1.3', {
        query: PICTURE_QUERY,
        produces: [...PICTURES, ...PICTURE_PARTS],
      }),
    ],
  },
  {
    path: `${FRAMES}/thumbnail`,
    methods: [
      get('RetrieveFrameThumbnail', '10.4.1.1.4', {
        query: ['accept', 'charset', 'viewport'],
        produces: PICTURES,
      }),
    ],
  },
  { path: `${STUDY}/instances`, methods: [search('SearchForStudyInstances')] },
  { path: '/series', methods: [search('SearchForSeries')] },
  { path: '/instances', methods: [search('SearchForInstances')] },
  commitment,
];

/** The path of a resource as services route it: `/dicom-web/studies/:study`. */
export function routeOfResource({ path }: ResourceDescription): string {
  return SERVICE_PATH + path.replace(/\{\+(\w+)\}/g, '*$1').replace(/\{(\w+)\}/g, ':$1');
}

const methodsByRoute: ReadonlyMap<string, readonly string[]> = new Map(
  RESOURCES.map((resource) => [routeOfResource(resource), resource.methods.map(({ method }) => method)]),
);

/** Methods of the resource with this route, whichever service answers them; none for what is no DICOMweb resource. */
export function methodsOfRoute(route: string): readonly string[] {
  return methodsByRoute.get(route) ?? [];
}
