/** `GET …/studies/{study}/rendered` and `…/series/{series}/rendered` (PS3.18 §10.4.1.1.3): pictures of all instances. */
import {
  type InstanceList,
  type InstanceScope,
  type ListedInstance,
  locateInstances,
} from '@sandyq/database';
import {
  instanceUrl,
  parseAccept,
  parseRenderedParameters,
  renderedOffers,
  warningHeader,
} from '@sandyq/dicomweb';
import { type Answer, HttpError, type RequestContext } from '@sandyq/http';
import type { RetrievalDependencies } from '../dependencies.ts';
import { findInstances, takenOut } from '../find-instances.ts';
import type { BodyPart } from '../multipart-body.ts';
import { pagesOf } from '../pages.ts';
import { identifyRepresentation, taggedAnswer } from '../representation.ts';
import { isRefusal, reasonOf } from '../transcoding/codec-fault.ts';
import { pictureParts, type ShownInstance } from './picture-parts.ts';
import type { PictureStyle } from './picture-style.ts';
import { annotationWarning, multipartPictures, RENDERING_VERSION, withHeaders } from './rendered-answer.ts';
import { seriesRevision } from './rendered-picture.ts';
import { chooseOffer, styleOf } from './retrieve-rendered-image.ts';

/**
 * Answers 200 with a part for every frame of every instance with pixel data, 206 with a Warning where there are others
 * too, 406 where there is none of the kind. A frame that turns out not to be decodable has a part in text/plain that
 * says so: the others are not harmed.
 */
export async function retrieveRenderedSet(
  dependencies: RetrievalDependencies,
  context: RequestContext,
): Promise<Answer> {
  const parameters = parseRenderedParameters(context.query);
  const accept = parseAccept(context.headers.accept, context.query.get('accept'));
  const list = await findInstances(dependencies, context);
  const images = list.instances.filter(({ hasPixelData }) => hasPixelData);
  const offers = renderedOffers({ isSinglePicture: false });
  if (images.length === 0)
    throw new HttpError('not-acceptable', 'Nothing in it has pixels that could be shown.');
  const offer = chooseOffer(accept, offers, parameters);
  const style = styleOf(parameters, offer);
  const { tag, boundary } = identifyRepresentation(
    images.map(({ sha256 }) => sha256),
    'rendered-set',
    RENDERING_VERSION,
    list.revision,
    JSON.stringify(style),
    context.baseUrl,
  );
  const make = () =>
    multipartPictures(
      { mediaType: style.mediaType, boundary },
      imageParts(dependencies, context, { list, images, style }),
    );
  const omitted = list.instances.length - images.length;
  if (omitted > 0) return partial(await make(), { omitted, total: list.instances.length, context });
  const answer = await taggedAnswer(context, { tag, caching: 'revalidated' }, make);
  return withHeaders(answer, annotationWarning(context, parameters));
}

interface WantedImages {
  readonly list: InstanceList & { readonly scope: InstanceScope };
  readonly images: readonly ListedInstance[];
  readonly style: PictureStyle;
}

function imageParts(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  wanted: WantedImages,
): AsyncGenerator<BodyPart> {
  const [first] = wanted.images;
  return pictureParts(
    dependencies,
    context,
    shownInstances(dependencies, wanted),
    ({ location, path }, fault) => {
      // A viewport that fits none of them is the asker's mistake; one that does not fit some is theirs.
      if (!isNoPicture(fault, location.sopInstanceUid !== first?.sopInstanceUid)) throw fault;
      return failurePart(`${instanceUrl(`${context.baseUrl}/dicom-web`, path)}/rendered`, fault);
    },
  );
}

async function* shownInstances(
  { database }: RetrievalDependencies,
  { list, images, style }: WantedImages,
): AsyncGenerator<ShownInstance> {
  const { studyInstanceUid, seriesInstanceUid } = list.scope;
  const revision = seriesInstanceUid === undefined ? `study ${list.revision}` : seriesRevision(list);
  for (const page of pagesOf(images, ({ crcTableBytes }) => crcTableBytes)) {
    const uids = page.map(({ sopInstanceUid }) => sopInstanceUid);
    const locations = await locateInstances(database, list.studyKey, uids);
    if (locations.length !== page.length) throw takenOut();
    for (const location of locations) {
      const path = {
        studyInstanceUid,
        seriesInstanceUid: location.seriesInstanceUid,
        sopInstanceUid: location.sopInstanceUid,
      };
      const frameIndexes = Array.from({ length: location.pixelData?.frames ?? 0 }, (_, index) => index);
      yield { location, path, frameIndexes, style, revision };
    }
  }
}

/** Faults of this one instance, which the next ones need not have. */
function isNoPicture(error: unknown, isLater: boolean): error is Error {
  if (isRefusal(error)) return true;
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return code === 'not-acceptable' || (isLater && code === 'bad-request');
}

function failurePart(contentLocation: string, error: Error): BodyPart {
  const reason = isRefusal(error) ? reasonOf(error) : error.message;
  return {
    fields: { contentType: 'text/plain', contentLocation },
    body: [Buffer.from(`There is no picture of this: ${reason}\n`)],
  };
}

/** Without a tag and not to be kept: a cache would take it for the whole. */
function partial(
  answer: Answer,
  { omitted, total, context }: { omitted: number; total: number; context: RequestContext },
): Answer {
  const text = `${omitted} of ${total} instances are left out, because they have no pixels that could be shown`;
  const Warning = warningHeader(`${context.baseUrl}/dicom-web`, text);
  return { ...withHeaders(answer, { Vary: 'Accept', Warning }), status: 206 };
}
