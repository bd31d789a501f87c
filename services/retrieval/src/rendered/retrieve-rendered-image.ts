/** Rendered images and frames of them (PS3.18 §10.4.1.1.3), after the path has been looked up. */
import {
  type Accept,
  DicomwebError,
  negotiate,
  type ParsedRenderedParameters,
  parseAccept,
  parseRenderedParameters,
  type RenderedOffer,
  renderedOffers,
} from '@sandyq/dicomweb';
import type { Answer, RequestContext } from '@sandyq/http';
import type { RetrievalDependencies } from '../dependencies.ts';
import type { FoundInstance } from '../find-instances.ts';
import { identifyRepresentation, taggedAnswer } from '../representation.ts';
import { isAnimatable } from './animation-limits.ts';
import { pictureSize } from './frame-plan.ts';
import { pictureParts } from './picture-parts.ts';
import type { PictureStyle } from './picture-style.ts';
import { openSource } from './render-source.ts';
import {
  annotationWarning,
  multipartPictures,
  RENDERING_VERSION,
  singlePicture,
  withHeaders,
} from './rendered-answer.ts';
import { type PictureOrder, renderedPicture, seriesRevision } from './rendered-picture.ts';
import { orRenderingFault } from './rendering-fault.ts';

/** Which frames of which instance. */
export interface WantedFrames {
  readonly found: FoundInstance;
  /** From 0, in the order wanted. */
  readonly frameIndexes: readonly number[];
  /** Whether the frames may go as an animation without being asked for: those of a whole instance. */
  readonly isWhole: boolean;
}

/** Answers 200 with the pictures; 406 where there is none of these pixels, or none in a type that is accepted. */
export async function answerRenderedImage(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  wanted: WantedFrames,
): Promise<Answer> {
  const parameters = parseRenderedParameters(context.query);
  const accept = parseAccept(context.headers.accept, context.query.get('accept'));
  const isSinglePicture = wanted.frameIndexes.length === 1;
  const offers = renderedOffers({ isSinglePicture, isAnimatable: !isSinglePicture });
  const offer = chooseOffer(
    accept,
    await preferred(dependencies, context, { wanted, parameters, offers }),
    parameters,
  );
  const style = styleOf(parameters, offer);
  const { found, frameIndexes } = wanted;
  const id = identifyRepresentation(
    [found.location.sha256],
    'rendered',
    RENDERING_VERSION,
    found.revision,
    frameIndexes.join(),
    JSON.stringify(style),
    offer.multipart,
    offer.isAnimated,
    context.baseUrl,
  );
  const answer = await taggedAnswer(context, { tag: id.tag, caching: 'revalidated' }, () =>
    offer.multipart
      ? multipart(dependencies, context, { wanted, style, boundary: id.boundary })
      : onePicture(dependencies, context, { ...orderOf(wanted, style), isAnimated: offer.isAnimated }),
  );
  return withHeaders(answer, annotationWarning(context, parameters));
}

/** Negotiates (§8.7.8); a profile that is asked for goes before media types that can hold none (§8.3.5.1.5). */
export function chooseOffer(
  accept: Accept,
  offers: readonly RenderedOffer[],
  { iccProfile = 'no' }: ParsedRenderedParameters,
): RenderedOffer {
  const fitting = iccProfile === 'no' ? offers : offers.filter(holdsProfile);
  const offer = negotiate(accept, fitting);
  if (offer !== undefined) return offer;
  if (negotiate(accept, offers) === undefined) throw noPictureType(offers);
  throw new DicomwebError(
    'bad-request',
    'iccprofile does not go with image/gif and animations: they hold no profile',
    {
      parameter: 'iccprofile',
    },
  );
}

function holdsProfile({ mediaType, isAnimated }: RenderedOffer): boolean {
  return mediaType !== 'image/gif' && !isAnimated;
}

/** What the parameters and the offer make of pictures. Throws 400 for a profile in a media type without (§8.3.5.1.5). */
export function styleOf(
  { annotations, quality, viewport, window, iccProfile }: ParsedRenderedParameters,
  { mediaType }: Pick<RenderedOffer, 'mediaType'>,
): PictureStyle {
  if (mediaType === 'image/gif' && iccProfile !== undefined && iccProfile !== 'no') {
    throw new DicomwebError('bad-request', `iccprofile is ${iccProfile}: image/gif holds no ICC profile`, {
      parameter: 'iccprofile',
    });
  }
  return { mediaType, annotations, quality, viewport, window, iccProfile };
}

/** The 406 that says what there is (§8.7.4). */
export function noPictureType(offers: readonly RenderedOffer[]): DicomwebError {
  const names = offers.map(({ mediaType, multipart, isAnimated }) =>
    multipart ? `multipart/related; type="${mediaType}"` : `${mediaType}${isAnimated ? ' (animated)' : ''}`,
  );
  return new DicomwebError('not-acceptable', `This is rendered as ${names.join(', ')}`);
}

/** An animation of the whole is the first choice as long as it is not too large; of a list of frames it is the last. */
async function preferred(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  {
    wanted,
    parameters,
    offers,
  }: {
    readonly wanted: WantedFrames;
    readonly parameters: ParsedRenderedParameters;
    readonly offers: readonly RenderedOffer[];
  },
): Promise<RenderedOffer[]> {
  const animated = offers.filter(({ isAnimated }) => isAnimated);
  const others = offers.filter(({ isAnimated }) => !isAnimated);
  if (animated.length === 0) return others;
  if (!wanted.isWhole) return [...others, ...animated];
  const source = await openSource(dependencies, wanted.found.location, context);
  const size = pictureSize(source, styleOf(parameters, { mediaType: 'image/gif' }), 0);
  const pixels = wanted.frameIndexes.length * size.width * size.height;
  return isAnimatable(dependencies.rendering, pixels)
    ? [...animated, ...others]
    : [...others, ...animated.map((offer) => ({ ...offer, isDefaultType: false }))];
}

/** The answer with one picture: of the first frame, or of all as an animation. */
export async function onePicture(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  order: PictureOrder,
): Promise<Answer> {
  const made = renderedPicture(dependencies, order, context);
  return singlePicture(order.style.mediaType, await orRenderingFault(made));
}

async function multipart(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  { wanted, style, boundary }: { wanted: WantedFrames; style: PictureStyle; boundary: string },
): Promise<Answer> {
  const shown = { ...orderOf(wanted, style), path: wanted.found.path };
  const parts = pictureParts(dependencies, context, [shown], (_, fault) => {
    throw fault;
  });
  return multipartPictures({ mediaType: style.mediaType, boundary }, parts);
}

function orderOf({ found, frameIndexes }: WantedFrames, style: PictureStyle): PictureOrder {
  return { location: found.location, frameIndexes, style, revision: seriesRevision(found) };
}
