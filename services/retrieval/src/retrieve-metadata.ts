/** `GET …/metadata` of a study, series or instance (PS3.18 §10.4.1.1.4 to 6): DICOM JSON, or Native DICOM XML in parts. */
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
import { type AbsolutePiece, absolutePieces, absoluteText, type PieceOwner } from './absolute-pieces.ts';
import { answerBody } from './begun-source.ts';
import type { RetrievalDependencies } from './dependencies.ts';
import { findInstance, findInstances, isTakenOut } from './find-instances.ts';
import { gzipped } from './gzip.ts';
import { jsonArray } from './joined-by-commas.ts';
import { type BodyPart, multipartBody } from './multipart-body.ts';
import { identifyRepresentation, type RepresentationId, taggedAnswer } from './representation.ts';
import { metadataBody } from './series-metadata/metadata-body.ts';
import { findMetadataState } from './series-metadata/metadata-state.ts';

/** Answers with the attributes of every instance of the scope; compressed where the client takes gzip. */
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
  const isWhole = context.params['instance'] === undefined && offer.model === 'json';
  const kept = isWhole ? await keptAnswer(dependencies, context, offer) : undefined;
  return kept ?? writtenAnswer(dependencies, context, offer);
}

/** One instance is one data set, which may also go as a single part (PS3.18 §10.4.4). */
function offersFor({ params }: RequestContext): readonly ModelOffer[] {
  return params['instance'] === undefined ? dataSetsOffers : [...dataSetsOffers, ...dataSetOffers];
}

/** JSON of whole series, joined from what is kept for each; undefined if one is too long for that, or has changed meanwhile. */
async function keptAnswer(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  offer: ModelOffer,
): Promise<Answer | undefined> {
  const state = await findMetadataState(dependencies, context);
  if (state === undefined) return undefined;
  const isGzip = acceptsGzip(context.headers['accept-encoding']);
  const { tag } = identify(
    state.series.map(({ instancesSha256 }) => instancesSha256),
    { context, offer, isGzip, revision: state.revision },
  );
  try {
    return await tagged(context, tag, async () => ({
      status: 200,
      headers: { 'Content-Type': contentTypeOf(offer), ...(isGzip && GZIP) },
      body: await metadataBody(dependencies, state.series, isGzip, context),
    }));
  } catch (error) {
    if (isTakenOut(error)) return undefined;
    throw error;
  }
}

/** Everything else, written from the pieces of the instances as it is sent. */
async function writtenAnswer(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  offer: ModelOffer,
): Promise<Answer> {
  const { studyKey, revision, instances } = await describe(dependencies, context);
  const isGzip = acceptsGzip(context.headers['accept-encoding']);
  const { tag, boundary } = identify(
    instances.map(({ sha256 }) => sha256),
    { context, offer, isGzip, revision },
  );
  const urlOf = (instance: Described) => instanceUrl(`${context.baseUrl}/dicom-web`, instance);
  return tagged(context, tag, async () => {
    const pieces = absolutePieces(dependencies, { studyKey, instances, urlOf }, context);
    const { contentType, body } = writtenAs(offer, boundary, pieces);
    return {
      status: 200,
      headers: { 'Content-Type': contentType, ...(isGzip && GZIP) },
      body: await answerBody(isGzip ? gzipped(body) : body),
    };
  });
}

const GZIP = { 'Content-Encoding': 'gzip' } as const;

interface Shape {
  readonly context: RequestContext;
  readonly offer: ModelOffer;
  readonly isGzip: boolean;
  readonly revision: number;
}

function identify(
  sha256s: Iterable<Uint8Array>,
  { context, offer, isGzip, revision }: Shape,
): RepresentationId {
  const { mediaType, multipart } = offer;
  return identifyRepresentation(sha256s, 'metadata', revision, mediaType, multipart, isGzip, context.baseUrl);
}

function tagged(context: RequestContext, tag: string, make: () => Promise<Answer>): Promise<Answer> {
  return taggedAnswer(context, { tag, caching: 'revalidated', vary: 'Accept, Accept-Encoding' }, make);
}

/** One of the instances that metadata are written of. */
interface Described extends PieceOwner {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sha256: Buffer;
}

async function describe(
  dependencies: RetrievalDependencies,
  context: RequestContext,
): Promise<{
  readonly studyKey: number;
  readonly revision: number;
  readonly instances: readonly Described[];
}> {
  if (context.params['instance'] === undefined) {
    const { scope, ...list } = await findInstances(dependencies, context);
    const { studyInstanceUid } = scope;
    return { ...list, instances: list.instances.map((instance) => ({ ...instance, studyInstanceUid })) };
  }
  const { path, location, revision } = await findInstance(dependencies, context);
  const { studyKey, sha256 } = location;
  return { studyKey, revision, instances: [{ ...path, sha256, metadataBytes: 0 }] };
}

function writtenAs(
  offer: ModelOffer,
  boundary: string,
  source: AsyncIterable<readonly AbsolutePiece[]>,
): { readonly contentType: string; readonly body: AsyncIterable<Uint8Array> } {
  switch (offer.model) {
    case 'json':
      return { contentType: contentTypeOf(offer), body: jsonArray(source) };
    case 'xml': {
      if (!offer.multipart) return { contentType: contentTypeOf(offer), body: asXml(source) };
      const writer = new MultipartWriter({ type: dicomXmlType, boundary });
      return { contentType: writer.contentType, body: multipartBody(writer, asXmlParts(source)) };
    }
    default:
      return offer.model satisfies never;
  }
}

/** Native DICOM models, one a data set. */
async function* asXml(source: AsyncIterable<readonly AbsolutePiece[]>): AsyncGenerator<Buffer> {
  for await (const pieces of source) {
    // Made by stringifyDicomJson when the instance was stored.
    for (const piece of pieces)
      yield Buffer.from(dicomJsonToXml(JSON.parse(absoluteText([piece]).toString()) as DicomJson));
  }
}

async function* asXmlParts(source: AsyncIterable<readonly AbsolutePiece[]>): AsyncGenerator<BodyPart> {
  for await (const document of asXml(source)) {
    yield { fields: { contentType: dicomXmlType, contentLength: document.length }, body: [document] };
  }
}
