/** `GET …/thumbnail` of studies, series, instances and frames (PS3.18 §10.4.1.1.4): one small picture, no names on it. */
import { type InstanceLocation, type ListedInstance, locateInstances } from '@sandyq/database';
import { transferSyntaxOf } from '@sandyq/dicom';
import {
  isVideo,
  negotiate,
  parseAccept,
  parseFrameList,
  parseThumbnailViewport,
  thumbnailOffers,
} from '@sandyq/dicomweb';
import { type Answer, HttpError, type RequestContext } from '@sandyq/http';
import type { RetrievalDependencies } from '../dependencies.ts';
import { findInstance, findInstances } from '../find-instances.ts';
import { identifyRepresentation, taggedAnswer } from '../representation.ts';
import { isRefusal } from '../transcoding/codec-fault.ts';
import type { PictureStyle } from './picture-style.ts';
import { RENDERING_VERSION, singlePicture } from './rendered-answer.ts';
import { renderedPicture } from './rendered-picture.ts';
import { orRenderingFault } from './rendering-fault.ts';
import { requireFrames } from './retrieve-rendered.ts';
import { noPictureType } from './retrieve-rendered-image.ts';

/** Longest side of a thumbnail whose size is not asked for, in pixels. */
const DEFAULT_SIDE = 128;
/** Instances that are tried until one can be shown. */
const MOST_TRIED = 4;

/** Answers 200 with the middle image of a study's largest series, of a series; the middle frame of an instance. */
export async function retrieveThumbnail(
  dependencies: RetrievalDependencies,
  context: RequestContext,
): Promise<Answer> {
  const viewport = parseThumbnailViewport(context.query);
  const accept = parseAccept(context.headers.accept, context.query.get('accept'));
  const offers = thumbnailOffers();
  const { candidates, revision, frameNumber } = await shown(dependencies, context);
  const offer = negotiate(accept, offers);
  if (offer === undefined) throw noPictureType(offers);
  const box = viewport ?? { width: DEFAULT_SIDE, height: DEFAULT_SIDE };
  const isNeverEnlarged = viewport === undefined;
  const style = { mediaType: offer.mediaType, annotations: [], box, isNeverEnlarged };
  const { tag } = identifyRepresentation(
    candidates.map(({ sha256 }) => sha256),
    'thumbnail',
    RENDERING_VERSION,
    revision,
    frameNumber,
    JSON.stringify(style),
  );
  return taggedAnswer(context, { tag, caching: 'revalidated' }, async () => {
    const made = firstPossible(dependencies, candidates, { style, frameNumber, reader: context });
    return singlePicture(style.mediaType, await orRenderingFault(made));
  });
}

/** What a thumbnail may show: instances, the best first. */
interface Shown {
  readonly candidates: readonly InstanceLocation[];
  readonly revision: number;
  /** From 1; undefined = the middle one. */
  readonly frameNumber?: number;
}

async function shown(dependencies: RetrievalDependencies, context: RequestContext): Promise<Shown> {
  const { instance, frames } = context.params;
  if (instance === undefined) {
    const list = await findInstances(dependencies, context);
    const uids = representatives(list.instances).map(({ sopInstanceUid }) => sopInstanceUid);
    const candidates = await locateInstances(dependencies.database, list.studyKey, uids);
    if (candidates.length === 0) throw noThumbnail();
    return { candidates, revision: list.revision };
  }
  const frameNumbers = frames === undefined ? undefined : parseFrameList(frames);
  const { location, revision } = await findInstance(dependencies, context);
  const count = location.pixelData?.frames ?? 0;
  if (frameNumbers !== undefined) requireFrames(count, frameNumbers);
  if (count === 0) throw noThumbnail();
  const middle = frameNumbers?.[frameNumbers.length >> 1];
  return { candidates: [location], revision, ...(middle !== undefined && { frameNumber: middle }) };
}

/** The middle image of the series with the most of them, then its neighbours towards both ends. */
function representatives(instances: readonly ListedInstance[]): readonly ListedInstance[] {
  const images = instances.filter((instance) => instance.hasPixelData && !isFilm(instance));
  const series = [...Map.groupBy(images, ({ seriesKey }) => seriesKey).values()];
  const largest = series.sort((a, b) => b.length - a.length)[0] ?? [];
  const middle = largest.length >> 1;
  const order = largest.map((_, index) => middle + (index % 2 === 0 ? index / 2 : -(index + 1) / 2));
  return order.flatMap((index) => largest[index] ?? []).slice(0, MOST_TRIED);
}

/** There is no decoder of video here. */
function isFilm({ transferSyntaxUid }: ListedInstance): boolean {
  const syntax = transferSyntaxOf(transferSyntaxUid);
  return syntax !== undefined && isVideo(syntax);
}

interface ThumbnailOrder {
  readonly style: PictureStyle;
  readonly frameNumber: number | undefined;
  readonly reader: Pick<RequestContext, 'logger' | 'signal'>;
}

async function firstPossible(
  dependencies: RetrievalDependencies,
  candidates: readonly InstanceLocation[],
  { style, frameNumber, reader }: ThumbnailOrder,
): Promise<Buffer> {
  let fault: unknown = noThumbnail();
  for (const location of candidates) {
    const frameIndex = (frameNumber ?? ((location.pixelData?.frames ?? 0) >> 1) + 1) - 1;
    try {
      const order = { location, frameIndexes: [frameIndex], style, revision: '' };
      return await renderedPicture(dependencies, order, reader);
    } catch (error) {
      if (!isRefusal(error) && Reflect.get(Object(error), 'code') !== 'not-acceptable') throw error;
      fault = error;
    }
  }
  throw fault;
}

function noThumbnail(): HttpError {
  return new HttpError('not-found', 'Nothing in it has pixels: there is no thumbnail.');
}
