/** The pixel data of an instance as bulk data (PS3.18 §10.4.1.1.7): native as one value, compressed as one part a frame. */
import { negotiate, parseAccept } from '@sandyq/dicomweb';
import type { Answer, RequestContext } from '@sandyq/http';
import { answerFrames } from './answer-frames.ts';
import { answerValue, noBulkData } from './answer-value.ts';
import type { RetrievalDependencies } from './dependencies.ts';
import type { FoundInstance } from './find-instances.ts';
import { notAcceptable } from './not-acceptable.ts';
import { isElementAt } from './pixel-data-element.ts';
import { pixelOffers } from './pixel-offers.ts';
import { identifyRepresentation, taggedAnswer } from './representation.ts';
import { nativePixelData } from './value-source.ts';

/** `path`: that of one of the elements that hold pixels. Answers as bulk data, or 406 where it would have to be decoded. */
export async function retrievePixelData(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  found: FoundInstance,
  path: string,
): Promise<Answer> {
  const { location } = found;
  const { pixelData: layout, sha256, transferSyntaxUid } = location;
  if (layout === undefined || layout.length === 0) throw noBulkData();
  const isOnePart = layout.kind === 'native' || layout.frames === 1;
  const accept = parseAccept(context.headers.accept, context.query.get('accept'));
  const offer = negotiate(accept, pixelOffers(location, layout, isOnePart));
  if (offer === undefined) throw notAcceptable(transferSyntaxUid);
  const { mediaType, transferSyntax, multipart } = offer;
  const shape = [path, mediaType, transferSyntax, multipart, context.baseUrl];
  const id = identifyRepresentation([sha256], 'pixel-data', ...shape);
  return taggedAnswer(context, { tag: id.tag, caching: 'immutable' }, async () => {
    const place = { valueOffset: layout.offset, path };
    const isInflated = layout.kind === 'native' && layout.deflated === true;
    if (!isInflated && !(await isElementAt(dependencies, location, place, context))) throw noBulkData();
    if (layout.kind === 'native') {
      const value = nativePixelData(dependencies, location, { layout, path }, context);
      return answerValue(context, value, { offer, id, path, found });
    }
    const frameNumbers = Array.from({ length: layout.frames }, (_, index) => index + 1);
    return answerFrames(dependencies, context, { offer, id, found, layout, frameNumbers });
  });
}
