/** `GET …/frames/{frames}` (PS3.18 §10.4.1.1.5): frames of an instance, as stored, decoded or encoded without loss. */
import { negotiate, parseAccept, parseFrameList } from '@sandyq/dicomweb';
import { type Answer, HttpError, type RequestContext } from '@sandyq/http';
import { answerFrames } from './answer-frames.ts';
import type { RetrievalDependencies } from './dependencies.ts';
import { findInstance } from './find-instances.ts';
import { notAcceptable } from './not-acceptable.ts';
import { pixelOffers } from './pixel-offers.ts';
import { identifyRepresentation, taggedAnswer } from './representation.ts';

/** Answers 200; 404 that names the first frame there is not; 406 where they can't be had in any form that was asked for. */
export async function retrieveFrames(
  dependencies: RetrievalDependencies,
  context: RequestContext,
): Promise<Answer> {
  const frameNumbers = parseFrameList(context.params['frames'] ?? '');
  const accept = parseAccept(context.headers.accept, context.query.get('accept'));
  const found = await findInstance(dependencies, context);
  const { pixelData: layout, sha256, transferSyntaxUid } = found.location;
  const frames = layout?.frames ?? 0;
  const missing = frameNumbers.find((frameNumber) => frameNumber > frames);
  if (layout === undefined || missing !== undefined) throw noSuchFrame(missing, frames);
  const offer = negotiate(
    accept,
    pixelOffers(found.location, { layout, fitsOnePart: () => frameNumbers.length === 1 }),
  );
  if (offer === undefined) throw notAcceptable(transferSyntaxUid);
  const { mediaType, transferSyntax, multipart } = offer;
  const shape = [frameNumbers.join(), mediaType, transferSyntax, multipart, context.baseUrl];
  const id = identifyRepresentation([sha256], 'frames', ...shape);
  return taggedAnswer(context, { tag: id.tag, caching: 'immutable' }, () =>
    answerFrames(dependencies, context, { offer, id, found, layout, frameNumbers }),
  );
}

function noSuchFrame(frameNumber: number | undefined, frames: number): HttpError {
  return new HttpError('not-found', `The instance has no frame ${frameNumber ?? 1}: it has ${frames}.`);
}
