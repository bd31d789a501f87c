/** `GET …/instances/{instance}` (PS3.18 §10.4.1.1.3): one instance as application/dicom, alone or in multipart/related. */
import { contentTypeOf, instanceUrl, MultipartWriter, negotiate, parseAccept } from '@sandyq/dicomweb';
import type { Answer, RequestContext } from '@sandyq/http';
import { answerBody } from './begun-source.ts';
import type { RetrievalDependencies } from './dependencies.ts';
import { offersOf, openDicom } from './dicom-content.ts';
import { findInstance } from './find-instances.ts';
import { multipartBody } from './multipart-body.ts';
import { notAcceptable } from './not-acceptable.ts';
import { identifyRepresentation, taggedAnswer } from './representation.ts';
import { orRequestError } from './transcoding/codec-fault.ts';

/** Answers 200 in the transfer syntax of design §7, or 406 where it can't be had in any that was asked for. */
export async function retrieveInstance(
  dependencies: RetrievalDependencies,
  context: RequestContext,
): Promise<Answer> {
  const accept = parseAccept(context.headers.accept, context.query.get('accept'));
  const { path, location, revision } = await findInstance(dependencies, context);
  const { transferSyntaxUid, pixelData, pixels, sha256 } = location;
  const stored = { transferSyntaxUid, hasPixelData: pixelData !== undefined, pixels };
  const offer = negotiate(accept, [...offersOf(stored, true), ...offersOf(stored, false)]);
  if (offer === undefined) throw notAcceptable(transferSyntaxUid);
  const { tag, boundary } = identifyRepresentation(
    [sha256],
    'instance',
    revision,
    offer.transferSyntax,
    offer.multipart,
    context.baseUrl,
  );
  return taggedAnswer(context, { tag, caching: 'revalidated' }, async () => {
    const file = openDicom(dependencies, location, offer, context);
    const contentType = contentTypeOf(offer);
    if (!offer.multipart) {
      return {
        status: 200,
        headers: { 'Content-Type': contentType },
        body: await orRequestError(answerBody(file)),
      };
    }
    const { mediaType: type, transferSyntax } = offer;
    const writer = new MultipartWriter({ type, boundary, transferSyntax });
    const contentLocation = instanceUrl(`${context.baseUrl}/dicom-web`, path);
    const part = { fields: { contentType, contentLocation }, body: file };
    const body = await orRequestError(answerBody(multipartBody(writer, [part])));
    return { status: 200, headers: { 'Content-Type': writer.contentType }, body };
  });
}
