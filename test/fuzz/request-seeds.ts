/** Valid requests of every route, over real content: what is mutated. */
import { gzipSync } from 'node:zlib';
import type { Route } from '@sandyq/http';
import type { Content, Instance } from '../conformance/shall/content.ts';
import { encodeMultipart } from '../support/multipart.ts';
import { bombs } from './bombs.ts';
import { type FuzzRequest, requestOf } from './fuzz-request.ts';
import { retentionSeeds } from './retention-seeds.ts';

const JSON_TYPE = 'application/dicom+json';
const parts = (type: string): string => `multipart/related; type="${type}"`;
const TRANSACTION = '2.25.20.1';

/** Requests of the routes that serve clients, with every kind of Accept, parameter and payload that has a meaning there. */
export function requestSeeds(content: Content, small: readonly Buffer[]): FuzzRequest[] {
  return [
    ...searches(),
    ...Object.values(content).flatMap(retrievals),
    ...uriRequests(content),
    ...stores(small),
    ...others(content),
    ...retentionSeeds(),
    ...bombs(),
  ];
}

/** One request for each route that no seed is for: its parameters filled in as far as names tell. */
export function remainingSeeds(routes: readonly Route[], { ct }: Content): FuzzRequest[] {
  const values: Readonly<Record<string, string>> = {
    study: ct.studyUid,
    series: ct.seriesUid,
    instance: ct.instanceUid,
    frames: '1',
    transaction: TRANSACTION,
  };
  return routes.map(({ method, path }) => {
    const filled = path.replace(/[:*](\w+)/g, (_, name: string) => values[name] ?? '1');
    return method === 'GET' || method === 'OPTIONS'
      ? requestOf(method, filled, { Accept: '*/*' })
      : requestOf(
          method,
          filled,
          { 'Content-Type': 'application/json' },
          Buffer.from('{"code":"a","name":"b","facilityCode":"a"}'),
        );
  });
}

function searches(): FuzzRequest[] {
  const queries = [
    'PatientName=Sm*&fuzzymatching=true&limit=5',
    'StudyDate=20240101-20241231&StudyTime=080000-120000&includefield=all',
    'StudyInstanceUID=2.25.5.1,2.25.5.3&includefield=00081030,StationName',
    'ModalitiesInStudy=CT&00100020=P1&offset=0&limit=1',
    'PatientName=%D0%9A%D0%B8%D0%BC%5E*',
    'RequestAttributesSequence.ScheduledProcedureStepID=SPS-1',
    '',
  ];
  const resources = [
    'studies',
    'series',
    'instances',
    'studies/2.25.5.1/series',
    'studies/2.25.5.1/series/2.25.5.1.1/instances',
  ];
  return resources.flatMap((resource) =>
    queries.flatMap((query) =>
      [JSON_TYPE, parts('application/dicom+xml')].map((accept) =>
        requestOf('GET', `/dicom-web/${resource}?${query}`, { Accept: accept }),
      ),
    ),
  );
}

function retrievals({ path, seriesPath, studyPath }: Instance): FuzzRequest[] {
  const get = (target: string, accept: string): FuzzRequest => requestOf('GET', target, { Accept: accept });
  return [
    ...['*', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.4.80', '1.2.840.10008.1.2.5'].map((syntax) =>
      get(path, `${parts('application/dicom')}; transfer-syntax=${syntax}`),
    ),
    get(path, 'application/dicom'),
    get(seriesPath, parts('application/dicom')),
    get(studyPath, 'application/zip'),
    ...[path, seriesPath, studyPath].flatMap((each) => [
      get(`${each}/metadata`, JSON_TYPE),
      get(`${each}/metadata`, parts('application/dicom+xml')),
      get(`${each}/bulkdata`, parts('application/octet-stream')),
      get(`${each}/pixeldata`, parts('application/octet-stream')),
      get(`${each}/thumbnail?viewport=64,64`, 'image/jpeg'),
    ]),
    get(
      `${path}/rendered?window=40,400,linear&viewport=64,64,0,0,32,32&quality=50&annotation=patient&iccprofile=srgb`,
      'image/jpeg',
    ),
    get(`${path}/rendered?viewport=50,50`, 'image/png'),
    get(`${path}/rendered`, 'image/gif, image/webp;q=0.5, video/mp4;q=0.2, text/html;q=0.1'),
    get(`${seriesPath}/rendered?viewport=32,32`, '*/*'),
    get(`${path}/frames/1`, parts('application/octet-stream')),
    get(`${path}/frames/1,2`, `${parts('*/*')}; transfer-syntax=*`),
    get(`${path}/frames/1/rendered?viewport=32,32`, 'image/png'),
    get(`${path}/frames/1/thumbnail`, '*/*'),
    requestOf('GET', `${path}/bulkdata/7FE00010`, {
      Accept: '*/*',
      Range: 'bytes=0-99',
      'If-None-Match': '"x"',
    }),
    requestOf(
      'GET',
      path.replace('/dicom-web/studies/', '/originals/').replace(/\/(series|instances)\//g, '/'),
      { Range: 'bytes=10-20' },
    ),
  ];
}

function uriRequests({ ct, multiFrame, presented, presentation }: Content): FuzzRequest[] {
  const of = ({ studyUid, seriesUid, instanceUid }: Instance): string =>
    `/wado?requestType=WADO&studyUID=${studyUid}&seriesUID=${seriesUid}&objectUID=${instanceUid}`;
  return [
    `${of(ct)}&contentType=image/png&rows=50&columns=60&windowCenter=40&windowWidth=400&region=0,0,0.5,0.5`,
    `${of(ct)}&contentType=application/dicom&transferSyntax=1.2.840.10008.1.2.5`,
    `${of(ct)}&imageAnnotation=patient,technique&imageQuality=40&charset=utf-8`,
    `${of(multiFrame)}&frameNumber=3&contentType=image/jpeg`,
    `${of(presented)}&presentationSeriesUID=${presentation.seriesUid}&presentationUID=${presentation.instanceUid}&rows=64`,
  ].map((target) => requestOf('GET', target, { Accept: '*/*' }));
}

function stores(small: readonly Buffer[]): FuzzRequest[] {
  const [first = Buffer.alloc(0), second = first] = small;
  const { contentType, body } = encodeMultipart([first, second]);
  const post = (headers: Record<string, string>, payload: Buffer): FuzzRequest =>
    requestOf('POST', '/dicom-web/studies', { Accept: JSON_TYPE, ...headers }, payload);
  const dataSet = {
    '00080005': { vr: 'CS', Value: ['ISO_IR 192'] },
    '00080016': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.7'] },
    '00080018': { vr: 'UI', Value: ['2.25.21.1.1.1'] },
    '00080060': { vr: 'CS', Value: ['OT'] },
    '00100010': { vr: 'PN', Value: [{ Alphabetic: 'A^B', Ideographic: '김' }] },
    '00100020': { vr: 'LO', Value: ['P21'] },
    '0020000D': { vr: 'UI', Value: ['2.25.21.1'] },
    '0020000E': { vr: 'UI', Value: ['2.25.21.1.1'] },
    '00280002': { vr: 'US', Value: [1] },
    '00280004': { vr: 'CS', Value: ['MONOCHROME2'] },
    '00280010': { vr: 'US', Value: [4] },
    '00280011': { vr: 'US', Value: [4] },
    '00280100': { vr: 'US', Value: [8] },
    '00400275': { vr: 'SQ', Value: [{ '00400009': { vr: 'SH', Value: ['S'] } }] },
    '00281052': { vr: 'DS', Value: [-1024.5] },
    '00420011': { vr: 'OB', InlineBinary: 'AAEC' },
    '7FE00010': { vr: 'OB', BulkDataURI: 'bulk/1' },
  };
  const xml =
    '<?xml version="1.0" encoding="UTF-8"?><NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM">' +
    '<DicomAttribute tag="00080016" vr="UI" keyword="SOPClassUID"><Value number="1">1.2.840.10008.5.1.4.1.1.66</Value></DicomAttribute>' +
    '<DicomAttribute tag="00080018" vr="UI"><Value number="1">2.25.21.2.1.1</Value></DicomAttribute>' +
    '<DicomAttribute tag="00100010" vr="PN"><PersonName number="1"><Alphabetic><FamilyName>A</FamilyName></Alphabetic></PersonName></DicomAttribute>' +
    '<DicomAttribute tag="0020000D" vr="UI"><Value number="1">2.25.21.2</Value></DicomAttribute>' +
    '<DicomAttribute tag="0020000E" vr="UI"><Value number="1">2.25.21.2.1</Value></DicomAttribute>' +
    '<DicomAttribute tag="00400275" vr="SQ"><Item number="1"><DicomAttribute tag="00400009" vr="SH"><Value number="1">S</Value></DicomAttribute></Item></DicomAttribute>' +
    '<DicomAttribute tag="00420011" vr="OB"><BulkData uri="bulk/1"/></DicomAttribute></NativeDicomModel>';
  return [
    post({ 'Content-Type': contentType }, body),
    post({ 'Content-Type': 'application/dicom' }, first),
    post({ 'Content-Type': 'application/dicom', 'Content-Encoding': 'gzip' }, gzipSync(first)),
    ...[1, 2, 3].map(() => metadataStore(post, JSON_TYPE, JSON.stringify([dataSet]))),
    ...[1, 2, 3].map(() => metadataStore(post, 'application/dicom+xml', xml)),
  ];
}

function metadataStore(
  post: (headers: Record<string, string>, payload: Buffer) => FuzzRequest,
  type: string,
  metadata: string,
): FuzzRequest {
  const body = [
    `--b\r\nContent-Type: ${type}\r\n\r\n${metadata}\r\n`,
    '--b\r\nContent-Type: application/octet-stream\r\nContent-Location: bulk/1\r\n\r\n0123456789abcdef\r\n',
    '--b--\r\n',
  ].join('');
  return post({ 'Content-Type': `multipart/related; type="${type}"; boundary=b` }, Buffer.from(body));
}

function others({ ct }: Content): FuzzRequest[] {
  const reference = {
    '00081150': { vr: 'UI', Value: [ct.sopClassUid] },
    '00081155': { vr: 'UI', Value: [ct.instanceUid] },
  };
  const body = Buffer.from(JSON.stringify([{ '00081199': { vr: 'SQ', Value: [reference] } }]));
  const commitment = `/dicom-web/commitment-requests/${TRANSACTION}`;
  return [
    ...[1, 2, 3, 4, 5].map((number) =>
      requestOf('POST', `${commitment}.${number}`, { 'Content-Type': JSON_TYPE, Accept: JSON_TYPE }, body),
    ),
    requestOf('GET', commitment, { Accept: JSON_TYPE }),
    requestOf('OPTIONS', '/dicom-web/', { Accept: 'application/vnd.sun.wadl+xml' }),
    requestOf('OPTIONS', ct.studyPath, { Origin: 'http://a', 'Access-Control-Request-Method': 'GET' }),
    requestOf('HEAD', `${ct.path}/metadata`, { Accept: '*/*' }),
    ...['/', '/healthz', '/readyz', '/metrics', '/viewer/', '/nowhere'].map((path) =>
      requestOf('GET', path, { Accept: '*/*' }),
    ),
  ];
}
