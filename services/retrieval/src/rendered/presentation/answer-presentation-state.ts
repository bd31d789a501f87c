/** Rendered presentation states: the images they refer to, as they want them seen (PS3.18 §10.4.2.1). */
import { locateInstance } from '@sandyq/database';
import {
  DicomwebError,
  parseAccept,
  parseRenderedParameters,
  renderedOffers,
  warningHeader,
} from '@sandyq/dicomweb';
import type { Answer, RequestContext } from '@sandyq/http';
import type { RetrievalDependencies } from '../../dependencies.ts';
import type { FoundInstance } from '../../find-instances.ts';
import type { Reader } from '../../read-entry.ts';
import { identifyRepresentation, taggedAnswer } from '../../representation.ts';
import { readDataSet } from '../../transcoding/read-data-set.ts';
import { pictureParts, type ShownInstance } from '../picture-parts.ts';
import type { PictureStyle } from '../picture-style.ts';
import { byteOrderOf } from '../render-source.ts';
import {
  annotationWarning,
  multipartPictures,
  RENDERING_VERSION,
  singlePicture,
  withHeaders,
} from '../rendered-answer.ts';
import { type LookedThrough, renderedPicture, seriesRevision } from '../rendered-picture.ts';
import { orRenderingFault } from '../rendering-fault.ts';
import { chooseOffer, styleOf } from '../retrieve-rendered-image.ts';
import { presentationPlans } from './presentation-plan.ts';
import { type PresentationState, referencedImages } from './presentation-state.ts';

/** Frames of an image that are shown. */
export interface ShownImage {
  readonly found: FoundInstance;
  /** From 0. */
  readonly frameIndexes: readonly number[];
}

/** Answers 200 with a picture of each frame referred to, 206 where images are missing, 406 where all are. */
export async function answerPresentationState(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  found: FoundInstance,
): Promise<Answer> {
  const parameters = parseRenderedParameters(context.query, 'presentation-state');
  const accept = parseAccept(context.headers.accept, context.query.get('accept'));
  const state = await readPresentationState(dependencies, found, context);
  const { images, missing } = await imagesOf(dependencies, found, state);
  const count = images.reduce((sum, { frameIndexes }) => sum + frameIndexes.length, 0);
  if (count === 0) throw noImages();
  const offers = renderedOffers({ isSinglePicture: count === 1 });
  const offer = chooseOffer(accept, offers, parameters);
  const style = styleOf(parameters, offer);
  const { tag, boundary } = identifyRepresentation(
    [found.location.sha256, ...images.map((image) => image.found.location.sha256)],
    'rendered-presentation-state',
    RENDERING_VERSION,
    found.revision,
    images.map((image) => image.frameIndexes.join()).join(';'),
    images.map((image) => image.found.revision).join(),
    JSON.stringify(style),
    offer.multipart,
    context.baseUrl,
  );
  const shown = shownThrough(found, state, { images, style });
  const make = async (): Promise<Answer> => {
    if (offer.multipart) {
      return multipartPictures(
        { mediaType: style.mediaType, boundary },
        pictureParts(dependencies, context, shown, (_, fault) => {
          throw fault;
        }),
      );
    }
    const [only] = shown;
    if (only === undefined) throw noImages();
    const made = renderedPicture(dependencies, only, context);
    return singlePicture(style.mediaType, await orRenderingFault(made));
  };
  const warning = annotationWarning(context, parameters);
  if (missing > 0) return { ...withHeaders(await make(), missingImages(context, missing)), status: 206 };
  return withHeaders(await taggedAnswer(context, { tag, caching: 'revalidated' }, make), warning);
}

/** Its data set. */
export async function readPresentationState(
  dependencies: RetrievalDependencies,
  { location }: Pick<FoundInstance, 'location'>,
  reader: Reader,
): Promise<PresentationState> {
  const dataSet = await readDataSet(dependencies, location, reader);
  return { dataSet, byteOrder: byteOrderOf(location) };
}

function shownThrough(
  { location: { sha256 } }: FoundInstance,
  state: PresentationState,
  { images, style }: { readonly images: readonly ShownImage[]; readonly style: PictureStyle },
): ShownInstance[] {
  const through = lookThrough(sha256, state);
  return images.map(({ found, frameIndexes }) => {
    const { location, path } = found;
    return { location, path, frameIndexes, style, revision: seriesRevision(found), through };
  });
}

/** How frames look through a presentation state, and which one it is. */
export function lookThrough(sha256: Buffer, state: PresentationState): LookedThrough {
  return { sha256, plans: (source, style, draw) => presentationPlans(state, source, style, draw) };
}

/** The images referred to that are there; they are of the same study (PS3.3 C.11.11). */
async function imagesOf(
  { database }: RetrievalDependencies,
  { path: { studyInstanceUid }, facilityId }: FoundInstance,
  state: PresentationState,
): Promise<{ readonly images: ShownImage[]; readonly missing: number }> {
  const references = referencedImages(state);
  const images: ShownImage[] = [];
  for (const { seriesInstanceUid, sopInstanceUid, frameNumbers } of references) {
    const path = { studyInstanceUid, seriesInstanceUid, sopInstanceUid };
    const located = await locateInstance(database, path);
    // A study has one facility; what is of another one is not there.
    if (located === undefined || located.facilityId !== facilityId) continue;
    const frames = located.location.pixelData?.frames ?? 0;
    const wanted = frameNumbers ?? Array.from({ length: frames }, (_, index) => index + 1);
    const frameIndexes = wanted
      .filter((number) => number >= 1 && number <= frames)
      .map((number) => number - 1);
    if (frameIndexes.length > 0) images.push({ found: { ...located, path }, frameIndexes });
  }
  return { images, missing: references.length - images.length };
}

function noImages(): DicomwebError {
  return new DicomwebError(
    'not-acceptable',
    'None of the images that the presentation state shows is in the archive',
  );
}

function missingImages({ baseUrl }: Pick<RequestContext, 'baseUrl'>, missing: number) {
  const text = `${missing} of the images that the presentation state shows are not in the archive`;
  return { Vary: 'Accept', Warning: warningHeader(`${baseUrl}/dicom-web`, text) };
}
