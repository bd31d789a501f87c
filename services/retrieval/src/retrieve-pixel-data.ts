/** The pixel data of an instance (PS3.18 §10.4.1.1.5, §10.4.1.1.6): native as one value, compressed as one part a frame. */
import { negotiate, parseAccept, type RetrieveOffer } from '@sandyq/dicomweb';
import type { Answer, RequestContext } from '@sandyq/http';
import { answerFrames } from './answer-frames.ts';
import { answerValue, noBulkData } from './answer-value.ts';
import type { RetrievalDependencies } from './dependencies.ts';
import { needsCodec } from './dicom-content.ts';
import type { FoundInstance } from './find-instances.ts';
import { notAcceptable } from './not-acceptable.ts';
import { isElementAt } from './pixel-data-element.ts';
import { isOneValue, pixelOffers } from './pixel-offers.ts';
import { identifyRepresentation, taggedAnswer } from './representation.ts';
import { orRequestError } from './transcoding/codec-fault.ts';
import { decodedValue } from './transcoding/decoded-value.ts';
import { nativePixelData } from './value-source.ts';

/** `path`: that of one of the elements that hold pixels. Answers as bulk data, or 406 where it can't be had in any form that was asked for. */
export async function retrievePixelData(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  found: FoundInstance,
  path: string,
): Promise<Answer> {
  const { location } = found;
  const { pixelData: layout, sha256, transferSyntaxUid } = location;
  if (layout === undefined || layout.length === 0) throw noBulkData();
  const fitsOnePart = (offered: RetrieveOffer) => layout.frames === 1 || isOneValue(layout, offered);
  const accept = parseAccept(context.headers.accept, context.query.get('accept'));
  const offer = negotiate(accept, pixelOffers(location, { layout, fitsOnePart }));
  if (offer === undefined) throw notAcceptable(transferSyntaxUid);
  const { mediaType, transferSyntax, multipart } = offer;
  const shape = [path, mediaType, transferSyntax, multipart, context.baseUrl];
  const id = identifyRepresentation([sha256], 'pixel-data', ...shape);
  return taggedAnswer(context, { tag: id.tag, caching: 'immutable' }, async () => {
    const place = { valueOffset: layout.offset, path };
    const isInflated = layout.kind === 'native' && layout.deflated === true;
    if (!isInflated && !(await isElementAt(dependencies, location, place, context))) throw noBulkData();
    if (isOneValue(layout, offer)) {
      const value =
        layout.kind === 'native' && !needsCodec(offer)
          ? nativePixelData(dependencies, location, { layout, path }, context)
          : decodedValue(dependencies, location, context);
      return orRequestError(answerValue(context, value, { offer, id, path, found }));
    }
    const frameNumbers = Array.from({ length: layout.frames }, (_, index) => index + 1);
    return answerFrames(dependencies, context, { offer, id, found, layout, frameNumbers });
  });
}
