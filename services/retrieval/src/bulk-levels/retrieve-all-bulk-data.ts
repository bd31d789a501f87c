/**
 * `GET …/bulkdata` and `…/pixeldata` of a study, series or instance (PS3.18 §10.4.1.1.5, §10.4.1.1.6): every value that the metadata
 * name by a BulkDataURI, as one part each; compressed pixel data as one part a frame.
 */
import type { ListedInstance } from '@sandyq/database';
import { TransferSyntaxes, transferSyntaxOf } from '@sandyq/dicom';
import {
  type Accept,
  bulkDataOffer,
  DicomwebError,
  MultipartWriter,
  negotiate,
  octetStream,
  parseAccept,
  pixelDataOffers,
  type Representation,
  type RetrieveOffer,
  warningHeader,
} from '@sandyq/dicomweb';
import type { Answer, RequestContext } from '@sandyq/http';
import { noBulkData } from '../answer-value.ts';
import { answerBody } from '../begun-source.ts';
import type { RetrievalDependencies } from '../dependencies.ts';
import { needsCodec } from '../dicom-content.ts';
import { findInstances } from '../find-instances.ts';
import { identifyRepresentation, taggedAnswer } from '../representation.ts';
import { codecAbilities } from '../transcoding/codec-abilities.ts';
import { isLasting, isRefusal, requestError } from '../transcoding/codec-fault.ts';
import { LeftOut } from '../transcoding/left-out.ts';
import { bulkBody } from './bulk-parts.ts';

/** An answer that is begun anew each time an instance fails in its middle gives up after so many. */
const MOST_BEGINNINGS = 8;

/** All values, or pixel data only. */
export type BulkKind = 'all' | 'pixel-data';

/**
 * Answers 200 with all parts, 206 with a Warning where some can not be sent as asked, 406 where none can, 404 where there are none.
 * Read and sent one by one.
 */
export async function retrieveAllBulkData(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  kind: BulkKind,
): Promise<Answer> {
  const accept = parseAccept(context.headers.accept, context.query.get('accept'));
  const list = await findInstances(dependencies, context);
  for (let beginnings = 1; ; beginnings += 1) {
    try {
      return await answerBulkData(dependencies, context, list, { kind, accept });
    } catch (error) {
      // It is a known fault now.
      const isToBeLeftOut = isRefusal(error) && isLasting(error);
      if (!isToBeLeftOut || beginnings === MOST_BEGINNINGS) throw requestError(error);
    }
  }
}

async function answerBulkData(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  { instances, studyKey, revision, scope }: Awaited<ReturnType<typeof findInstances>>,
  { kind, accept }: { readonly kind: BulkKind; readonly accept: Accept },
): Promise<Answer> {
  const values = kind === 'all' ? negotiate(accept, [bulkDataOffer(true)]) : undefined;
  const offers = pixelOffersByInstance(dependencies, instances, accept);
  const withPixels = instances.filter(({ hasPixelData }) => hasPixelData);
  if (kind === 'pixel-data' && withPixels.length === 0) throw noBulkData();
  const withoutPixels = new Set(
    withPixels.map((one) => one.sopInstanceUid).filter((uid) => !offers.has(uid)),
  );
  const type = (values ?? offers.values().next().value)?.mediaType;
  if (type === undefined) throw notAcceptable(withPixels.length > 0);
  const shape = [...new Set([...offers.values()].map(shapeOf))].join();
  const { tag, boundary } = identifyRepresentation(
    instances.map(({ sha256 }) => sha256),
    `bulk-${kind}`,
    revision,
    type,
    values !== undefined,
    shape,
    withoutPixels.size,
    context.baseUrl,
  );
  const leftOut = new LeftOut<string>();
  const { studyInstanceUid } = scope;
  const make = async (): Promise<Answer> => {
    const writer = new MultipartWriter({ type, boundary });
    const selection = { studyKey, studyInstanceUid, instances, withoutPixels, values, accept };
    const body = await answerBody(bulkBody(dependencies, context, selection, { writer, leftOut }));
    leftOut.isHeadSent = true;
    const answer = { status: 200, headers: { 'Content-Type': writer.contentType }, body };
    const omitted = {
      pixels: withoutPixels.size + leftOut.count,
      values: kind === 'all' && values === undefined,
    };
    return omitted.pixels > 0 || omitted.values ? partial(answer, omitted, context) : answer;
  };
  const answer = await taggedAnswer(context, { tag, caching: 'revalidated' }, make);
  return answer.status === 206 ? untagged(answer) : answer;
}

/** How pixel data of each instance are sent, of those whose can be; a codec that has refused them would do so again. */
function pixelOffersByInstance(
  { knownFaults }: RetrievalDependencies,
  instances: readonly ListedInstance[],
  accept: Accept,
): Map<string, RetrieveOffer> {
  const offers = new Map<string, RetrieveOffer>();
  for (const instance of instances) {
    const offer = instance.hasPixelData ? negotiate(accept, offersFor(instance)) : undefined;
    if (offer === undefined) continue;
    if (needsCodec(offer) && knownFaults.find(instance.sha256, offer.transferSyntax) !== undefined) continue;
    offers.set(instance.sopInstanceUid, offer);
  }
  return offers;
}

/** As `pixelOffers` makes them, which knows the layout of the pixel data as well. */
function offersFor({ transferSyntaxUid, pixels }: ListedInstance): RetrieveOffer[] {
  const known = transferSyntaxOf(transferSyntaxUid);
  if (known === undefined) return [];
  const transferSyntax = known.deflated ? TransferSyntaxes.ExplicitVRLittleEndian : known;
  return pixelDataOffers({ transferSyntax, ...pixels }, true, codecAbilities);
}

function shapeOf({ mediaType, transferSyntax }: Representation): string {
  return `${mediaType} ${transferSyntax}`;
}

function notAcceptable(hasPixels: boolean): DicomwebError {
  const pixels = hasPixels ? ', and the pixel data can not be sent in any form that was asked for' : '';
  return new DicomwebError(
    'not-acceptable',
    `bulk data are sent as multipart/related; type="${octetStream}"${pixels}; accept it as stored with transfer-syntax=*`,
  );
}

function partial(
  answer: Answer,
  { pixels, values }: { readonly pixels: number; readonly values: boolean },
  { baseUrl }: RequestContext,
): Answer {
  const texts = [
    ...(pixels > 0
      ? [
          `The pixel data of ${pixels} instances are left out, because they can not be sent in the transfer syntax asked for; accept them as stored with transfer-syntax=*`,
        ]
      : []),
    ...(values ? [`Values that are not pixel data are left out: accept ${octetStream} for them`] : []),
  ];
  const warnings = texts.map((text) => warningHeader(`${baseUrl}/dicom-web`, text));
  return { ...answer, status: 206, headers: { ...answer.headers, Vary: 'Accept', Warning: warnings } };
}

/** A part is not to be kept: a cache would take it for the whole. */
function untagged(answer: Answer): Answer {
  const { ETag: _tag, 'Cache-Control': _caching, ...headers } = answer.headers ?? {};
  return { ...answer, headers };
}
