/** `GET /wado?requestType=WADO&…` (PS3.18 §9.4, §9.5): one instance, as DICOM, as a picture, or as the document in it. */
import {
  type Accept,
  contentTypeOf,
  DicomwebError,
  negotiate,
  parseWadoUri,
  type RenderedOffer,
  type Representation,
  type RetrieveOffer,
  renderedOffers,
  type WadoUriRequest,
} from '@sandyq/dicomweb';
import type { Answer, RequestContext } from '@sandyq/http';
import { answerBody } from '../begun-source.ts';
import type { RetrievalDependencies } from '../dependencies.ts';
import { offersOf, openDicom } from '../dicom-content.ts';
import { type FoundInstance, findInstance } from '../find-instances.ts';
import { answerDocument } from '../rendered/encapsulated-document.ts';
import { notAPicture } from '../rendered/render-source.ts';
import { annotationWarning, withHeaders } from '../rendered/rendered-answer.ts';
import { renderedKindOf } from '../rendered/rendered-kind.ts';
import { answerReport, reportOffers } from '../rendered/report/answer-report.ts';
import { identifyRepresentation, taggedAnswer } from '../representation.ts';
import { orRequestError } from '../transcoding/codec-fault.ts';
import { answerPicture } from './wado-uri-picture.ts';

/** A way to answer. */
type WadoOffer = (
  | ({ readonly answers: 'dicom' } & RetrieveOffer)
  | ({ readonly answers: 'picture' } & RenderedOffer)
  | ({ readonly answers: 'document' | 'report' } & Representation)
) & { readonly multipart: boolean };

/** Answers 200; 400 that names the parameter, 404, 406. */
export async function retrieveWadoUri(
  dependencies: RetrievalDependencies,
  context: RequestContext,
): Promise<Answer> {
  const request = parseWadoUri(context.query, context.headers.accept);
  const found = await findByPath(dependencies, context, request.path);
  const offer = choose(request, offers(request, found));
  if (offer === undefined) throw nothingAcceptable(found);
  switch (offer.answers) {
    case 'dicom':
      return answerDicom(dependencies, context, { request, found, offer });
    case 'document':
      return answerDocument(dependencies, context, found, exactly(offer));
    case 'report':
      return answerReport(dependencies, context, found, exactly(offer));
    case 'picture':
      return withHeaders(
        await answerPicture(dependencies, context, { request, found, offer }),
        annotationWarning(context, request),
      );
    default:
      return offer satisfies never;
  }
}

/** The instance, if it is the asker's to see. Throws HttpError not-found, gone. */
export function findByPath(
  dependencies: RetrievalDependencies,
  { decision }: Pick<RequestContext, 'decision'>,
  { studyInstanceUid: study, seriesInstanceUid: series, sopInstanceUid: instance }: WadoUriRequest['path'],
): Promise<FoundInstance> {
  return findInstance(dependencies, { params: { study, series, instance }, decision });
}

/** Pictures come first of what has one frame, or where the query asks for what only they have; else DICOM (§9.3). */
function offers(request: WadoUriRequest, { location }: FoundInstance): WadoOffer[] {
  const { transferSyntaxUid, pixelData, pixels } = location;
  const stored = { transferSyntaxUid, hasPixelData: pixelData !== undefined, pixels };
  const dicom = offersOf(stored, false).map((offer) => ({ answers: 'dicom', ...offer }) as const);
  const kind = renderedKindOf(location);
  if (kind === 'document') {
    return [
      ...dicom,
      { answers: 'document', mediaType: 'application/pdf', multipart: false, isDefaultType: true },
    ];
  }
  if (kind === 'report') {
    return [...dicom, ...reportOffers.map((offer) => ({ answers: 'report', ...offer }) as const)];
  }
  if (kind !== 'image') return dicom;
  const isSingle = pixelData?.frames === 1 || request.frameNumber !== undefined;
  const alone = renderedOffers({ isSinglePicture: true }).filter(({ multipart }) => !multipart);
  const pictures = alone.map((offer) => {
    const isAnimated = !isSingle && (offer.mediaType === 'image/gif' || offer.mediaType === 'image/webp');
    return { answers: 'picture', ...offer, isAnimated } as const;
  });
  return isSingle || request.isForPictures ? [...pictures, ...dicom] : [...dicom, ...pictures];
}

/** What `contentType` wants first of what the Accept header field permits (§9.1.2.2.1). */
function choose(request: WadoUriRequest, offered: readonly WadoOffer[]): WadoOffer | undefined {
  const inSyntax = offered.filter((offer) => isInSyntax(request, offer));
  const permitted = inSyntax.filter((offer) => negotiate(request.accept, [asDefault(offer)]) !== undefined);
  const { contentType } = request;
  const named = contentType ?? request.accept;
  const type = negotiate(named, permitted.map(asDefault));
  return type && permitted.find((offer) => asDefault(offer).mediaType === type.mediaType);
}

/** `transferSyntax` names one; without it the default is sent (§9.4.1.2.3, §8.7.3). */
function isInSyntax({ transferSyntaxUid }: WadoUriRequest, offer: WadoOffer): boolean {
  if (offer.answers !== 'dicom') return true;
  return transferSyntaxUid === undefined
    ? offer.isDefaultSyntax === true
    : offer.transferSyntax === transferSyntaxUid;
}

/** Its media type alone: the syntax is chosen already. */
function asDefault({ mediaType }: WadoOffer): Representation {
  return { mediaType, multipart: false, isDefaultType: true };
}

function exactly({ mediaType }: Representation): Accept {
  const [type = '', subtype = ''] = mediaType.split('/');
  return { query: [], header: [{ type, subtype, parameters: new Map(), quality: 1 }] };
}

async function answerDicom(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  { request, found, offer }: { request: WadoUriRequest; found: FoundInstance; offer: RetrieveOffer },
): Promise<Answer> {
  if (request.isForPictures) {
    throw new DicomwebError(
      'bad-request',
      'frameNumber, rows, columns, region, windows, quality, annotations and presentation states do not go with ' +
        'application/dicom',
    );
  }
  const { location, revision } = found;
  const { tag } = identifyRepresentation([location.sha256], 'wado-uri', revision, offer.transferSyntax);
  return taggedAnswer(context, { tag, caching: 'revalidated' }, async () => {
    const file = openDicom(dependencies, location, offer, context);
    return {
      status: 200,
      headers: { 'Content-Type': contentTypeOf(offer) },
      body: await orRequestError(answerBody(file)),
    };
  });
}

function nothingAcceptable({ location }: FoundInstance): DicomwebError {
  const kind = renderedKindOf(location);
  if (kind === 'none') return notAPicture(location);
  const types = {
    image: ', image/jpeg, image/png, image/gif, image/webp',
    report: ', text/html, text/plain, text/xml',
    document: ', application/pdf',
  };
  const further = kind === 'image' || kind === 'report' || kind === 'document' ? types[kind] : '';
  return new DicomwebError(
    'not-acceptable',
    `This can be had as application/dicom${further}; it is stored in the transfer syntax ${location.transferSyntaxUid}`,
  );
}
