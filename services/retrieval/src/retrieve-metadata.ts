/** `GET …/metadata` of a study, series or instance (PS3.18 §10.4.1.1.4 to 6): DICOM JSON, or Native DICOM XML in parts. */
import type { ListedInstance } from '@sandyq/database';
import type { DicomJson } from '@sandyq/dicom';
import {
  contentTypeOf,
  DicomwebError,
  dataSetOffers,
  dataSetsOffers,
  dicomJsonToXml,
  dicomJsonType,
  dicomXmlType,
  instanceUrl,
  type ModelOffer,
  MultipartWriter,
  negotiate,
  parseAccept,
} from '@sandyq/dicomweb';
import { type Answer, acceptsGzip, type RequestContext } from '@sandyq/http';
import { answerBody } from './begun-source.ts';
import type { RetrievalDependencies } from './dependencies.ts';
import { findInstance, findInstances, takenOut } from './find-instances.ts';
import { gzipped } from './gzip.ts';
import { readPieces } from './metadata-pieces.ts';
import { type BodyPart, multipartBody } from './multipart-body.ts';
import { pagesOf } from './pages.ts';
import { identifyRepresentation, taggedAnswer } from './representation.ts';

/** What metadata are made from. */
interface Described {
  readonly studyKey: number;
  readonly studyInstanceUid: string;
  readonly revision: number;
  readonly instances: readonly DescribedInstance[];
}

type DescribedInstance = Pick<
  ListedInstance,
  'seriesInstanceUid' | 'sopInstanceUid' | 'sha256' | 'metadataBytes'
>;

/** Answers with the attributes of every instance of the scope; streamed, compressed where the client takes gzip. */
export async function retrieveMetadata(
  dependencies: RetrievalDependencies,
  context: RequestContext,
): Promise<Answer> {
  const accept = parseAccept(context.headers.accept, context.query.get('accept'));
  const offer = negotiate(accept, offersFor(context));
  if (offer === undefined) {
    throw new DicomwebError(
      'not-acceptable',
      `metadata are sent as ${dicomJsonType} or in parts of ${dicomXmlType}`,
    );
  }
  const described = await describe(dependencies, context);
  const isGzip = acceptsGzip(context.headers['accept-encoding']);
  const { tag, boundary } = identifyRepresentation(
    described.instances.map(({ sha256 }) => sha256),
    'metadata',
    described.revision,
    offer.mediaType,
    offer.multipart,
    isGzip,
    context.baseUrl,
  );
  return taggedAnswer(context, { tag, caching: 'revalidated', vary: 'Accept, Accept-Encoding' }, async () => {
    const { contentType, body } = writtenAs(offer, boundary, pieces(dependencies, context, described));
    return {
      status: 200,
      headers: { 'Content-Type': contentType, ...(isGzip && { 'Content-Encoding': 'gzip' }) },
      body: await answerBody(isGzip ? gzipped(body) : body),
    };
  });
}

/** One instance is one data set, which may also go as a single part (PS3.18 §10.4.4). */
function offersFor({ params }: RequestContext): readonly ModelOffer[] {
  return params['instance'] === undefined ? dataSetsOffers : [...dataSetsOffers, ...dataSetOffers];
}

async function describe(dependencies: RetrievalDependencies, context: RequestContext): Promise<Described> {
  if (context.params['instance'] === undefined) {
    const list = await findInstances(dependencies, context);
    return { ...list, studyInstanceUid: list.scope.studyInstanceUid };
  }
  const { path, location, revision } = await findInstance(dependencies, context);
  const { studyKey } = location;
  return {
    studyKey,
    studyInstanceUid: path.studyInstanceUid,
    revision,
    instances: [{ ...location, metadataBytes: 0 }],
  };
}

/** The DICOM JSON of each instance, with absolute BulkDataURIs. */
async function* pieces(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  { studyKey, studyInstanceUid, instances }: Described,
): AsyncGenerator<Buffer> {
  for (const page of pagesOf(instances, ({ metadataBytes }) => metadataBytes)) {
    for await (const [instance, piece] of readPieces(dependencies, studyKey, page, context)) {
      if (piece === undefined) throw takenOut();
      const { seriesInstanceUid, sopInstanceUid } = instance;
      const path = { studyInstanceUid, seriesInstanceUid, sopInstanceUid };
      yield withAbsoluteUris(piece, instanceUrl(`${context.baseUrl}/dicom-web`, path));
    }
  }
}

/** As it stands in stored JSON. Inside a string the quotes would be escaped, so it is found nowhere else. */
const RELATIVE_URI = '"BulkDataURI":"bulkdata/';

/** `bulkdata/7FE00010` → `{instance}/bulkdata/7FE00010`. */
export function withAbsoluteUris(json: Buffer, instance: string): Buffer {
  const parts: Buffer[] = [];
  const absolute = Buffer.from(`"BulkDataURI":"${instance}/bulkdata/`);
  let from = 0;
  for (let at = json.indexOf(RELATIVE_URI); at !== -1; at = json.indexOf(RELATIVE_URI, from)) {
    parts.push(json.subarray(from, at), absolute);
    from = at + RELATIVE_URI.length;
  }
  return from === 0 ? json : Buffer.concat([...parts, json.subarray(from)]);
}

function writtenAs(
  offer: ModelOffer,
  boundary: string,
  source: AsyncIterable<Buffer>,
): { readonly contentType: string; readonly body: AsyncIterable<Uint8Array> } {
  switch (offer.model) {
    case 'json':
      return { contentType: contentTypeOf(offer), body: asArray(source) };
    case 'xml': {
      if (!offer.multipart) return { contentType: contentTypeOf(offer), body: asXml(source) };
      const writer = new MultipartWriter({ type: dicomXmlType, boundary });
      return { contentType: writer.contentType, body: multipartBody(writer, asXmlParts(source)) };
    }
    default:
      return offer.model satisfies never;
  }
}

/** Written in portions of this size at least. */
const PORTION_BYTES = 64 * 1024;

async function* asArray(source: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  let portion: Buffer[] = [];
  let portionBytes = 0;
  let before = '[';
  for await (const json of source) {
    portion.push(Buffer.from(before), json);
    portionBytes += json.length + 1;
    before = ',';
    if (portionBytes < PORTION_BYTES) continue;
    yield Buffer.concat(portion);
    portion = [];
    portionBytes = 0;
  }
  yield Buffer.concat([...portion, Buffer.from(']')]);
}

/** Native DICOM models, one a data set. */
async function* asXml(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const json of source) {
    // Made by stringifyDicomJson when the instance was stored.
    yield Buffer.from(dicomJsonToXml(JSON.parse(json.toString()) as DicomJson));
  }
}

async function* asXmlParts(source: AsyncIterable<Buffer>): AsyncGenerator<BodyPart> {
  for await (const document of asXml(source)) {
    yield { fields: { contentType: dicomXmlType, contentLength: document.length }, body: [document] };
  }
}
