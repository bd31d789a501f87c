/** The picture of a WADO-URI request (PS3.18 §9.5): of a frame, of all, or as a presentation state shows it. */
import { DicomwebError, type RenderedOffer, type WadoUriRequest } from '@sandyq/dicomweb';
import { type Answer, HttpError, type RequestContext } from '@sandyq/http';
import type { RetrievalDependencies } from '../dependencies.ts';
import { type FoundInstance, findInstance } from '../find-instances.ts';
import type { PictureStyle } from '../rendered/picture-style.ts';
import { lookThrough, readPresentationState } from '../rendered/presentation/answer-presentation-state.ts';
import { referencedImages } from '../rendered/presentation/presentation-state.ts';
import { RENDERING_VERSION } from '../rendered/rendered-answer.ts';
import { renderedKindOf } from '../rendered/rendered-kind.ts';
import { type LookedThrough, seriesRevision } from '../rendered/rendered-picture.ts';
import { onePicture } from '../rendered/retrieve-rendered-image.ts';
import { identifyRepresentation, taggedAnswer } from '../representation.ts';

/** What was asked for, what it is, and the media type chosen. */
export interface WadoPicture {
  readonly request: WadoUriRequest;
  readonly found: FoundInstance;
  readonly offer: RenderedOffer;
}

/** Answers 200 with the picture; 400 for a frame that there is not (§9.5.2). */
export async function answerPicture(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  { request, found, offer }: WadoPicture,
): Promise<Answer> {
  const frameIndexes = framesOf(request, found, offer);
  const through = await presentationOf(dependencies, context, { request, found });
  const style = styleOf(request, offer);
  const { tag } = identifyRepresentation(
    [found.location.sha256, ...(through === undefined ? [] : [through.sha256])],
    'wado-uri-picture',
    RENDERING_VERSION,
    found.revision,
    frameIndexes.join(),
    offer.isAnimated,
    JSON.stringify(style),
  );
  const { location } = found;
  const { isAnimated } = offer;
  const order = { location, frameIndexes, isAnimated, style, revision: seriesRevision(found), through };
  return taggedAnswer(context, { tag, caching: 'revalidated' }, () =>
    onePicture(dependencies, context, order),
  );
}

/** The frame asked for; all for an animation; else the first, as URI clients expect. */
function framesOf(
  { frameNumber }: WadoUriRequest,
  { location }: FoundInstance,
  offer: RenderedOffer,
): number[] {
  const frames = location.pixelData?.frames ?? 0;
  if (offer.isAnimated) return Array.from({ length: frames }, (_, index) => index);
  // Also frame 1 of an image that has no other (§9.5.2).
  if (frameNumber !== undefined && (frames < 2 || frameNumber > frames)) {
    throw bad('frameNumber', `is ${frameNumber}: the instance has ${frames} frames`);
  }
  return [(frameNumber ?? 1) - 1];
}

function styleOf(
  { annotations, quality, window, region, rows, columns }: WadoUriRequest,
  { mediaType }: RenderedOffer,
): PictureStyle {
  return { mediaType, annotations, quality, window, region, box: { width: columns, height: rows } };
}

/** The presentation state to look through; undefined where none was asked for. */
async function presentationOf(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  { request, found }: Pick<WadoPicture, 'request' | 'found'>,
): Promise<LookedThrough | undefined> {
  const { presentation } = request;
  if (presentation === undefined) return undefined;
  const { studyInstanceUid, sopInstanceUid } = found.path;
  const params = {
    study: studyInstanceUid,
    series: presentation.seriesInstanceUid,
    instance: presentation.sopInstanceUid,
  };
  const foundState = await findState(dependencies, { params, decision: context.decision });
  if (foundState === undefined) throw bad('presentationUID', 'names nothing that is in the archive');
  if (renderedKindOf(foundState.location) !== 'presentation-state') {
    throw bad('presentationUID', 'names no Grayscale Softcopy Presentation State');
  }
  const state = await readPresentationState(dependencies, foundState, context);
  const isReferred = referencedImages(state).some((image) => image.sopInstanceUid === sopInstanceUid);
  if (!isReferred)
    throw bad('presentationUID', 'names a presentation state that does not refer to this instance');
  return lookThrough(foundState.location.sha256, state);
}

/** What is not there is a wrong parameter here, not a missing resource (§9.5.1.2.7). */
async function findState(
  dependencies: RetrievalDependencies,
  named: Parameters<typeof findInstance>[1],
): Promise<FoundInstance | undefined> {
  try {
    return await findInstance(dependencies, named);
  } catch (error) {
    if (error instanceof HttpError && (error.code === 'not-found' || error.code === 'gone')) return undefined;
    throw error;
  }
}

function bad(parameter: string, problem: string): DicomwebError {
  return new DicomwebError('bad-request', `${parameter} ${problem}`, { parameter });
}
