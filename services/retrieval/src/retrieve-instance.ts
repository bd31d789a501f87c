/** `GET …/instances/{instance}` (PS3.18 §10.4.1.1.3): one instance as application/dicom, alone or in multipart/related. */
import { contentTypeOf, instanceUrl, MultipartWriter, negotiate, parseAccept } from '@sandyq/dicomweb';
import type { Answer, RequestContext } from '@sandyq/http';
import { answerBody, BegunSource, SMALL_ANSWER_BYTES } from './begun-source.ts';
import type { RetrievalDependencies } from './dependencies.ts';
import { lengthOf, offersOf, openDicom } from './dicom-content.ts';
import { findInstance } from './find-instances.ts';
import { multipartBody } from './multipart-body.ts';
import { notAcceptable } from './not-acceptable.ts';
import { sendingReader } from './read-entry.ts';
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
    const loan = dependencies.buffers.lend();
    const reader = offer.conversion === 'none' ? sendingReader(context, loan) : context;
    const file = openDicom(dependencies, location, offer, reader);
    const begun = await orRequestError(BegunSource.begin(file, SMALL_ANSWER_BYTES));
    const contentType = contentTypeOf(offer);
    const onSent = loan.giveBack;
    if (!offer.multipart) {
      return {
        status: 200,
        headers: { 'Content-Type': contentType },
        body: begun.pieces ?? begun,
        onSent,
      };
    }
    const { mediaType: type, transferSyntax } = offer;
    const writer = new MultipartWriter({ type, boundary, transferSyntax });
    const contentLocation = instanceUrl(`${context.baseUrl}/dicom-web`, path);
    const contentLength = lengthOf(begun, location, offer);
    const fields = { contentType, contentLocation, ...(contentLength !== undefined && { contentLength }) };
    const body = await answerBody(multipartBody(writer, [{ fields, body: begun }]));
    return { status: 200, headers: { 'Content-Type': writer.contentType }, body, onSent };
  });
}
