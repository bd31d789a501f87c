/** Answers with one value of an instance (PS3.18 §8.7.3.3). */
import { bulkDataUrl, contentTypeOf, MultipartWriter, type Representation } from '@sandyq/dicomweb';
import { type Answer, HttpError, type RequestContext } from '@sandyq/http';
import { answerBody, BegunSource, SMALL_ANSWER_BYTES } from './begun-source.ts';
import type { FoundInstance } from './find-instances.ts';
import { multipartBody } from './multipart-body.ts';
import { rangedAnswer } from './ranged-answer.ts';
import type { RepresentationId } from './representation.ts';
import type { ValueSource } from './value-source.ts';

/** What an answer with a value needs beside the value. */
export interface ValueAnswer {
  readonly offer: Representation;
  readonly id: RepresentationId;
  readonly path: string;
  readonly found: FoundInstance;
}

/** The value alone, in ranges if asked for, or as the only part of multipart/related. Throws HttpError not-found. */
export async function answerValue(
  context: RequestContext,
  value: ValueSource,
  { offer, id, path, found }: ValueAnswer,
): Promise<Answer> {
  const contentType = contentTypeOf(offer);
  const isInPlace = value.kind === 'in-place';
  if (isInPlace && !offer.multipart) {
    return rangedAnswer(context, { ...value, tag: id.tag }, { 'Content-Type': contentType });
  }
  const source = isInPlace ? value.open({ offset: 0, length: value.length }) : value.open();
  const begun = await BegunSource.begin(source, SMALL_ANSWER_BYTES);
  if (begun.whole?.length === 0) throw noBulkData();
  if (!offer.multipart) {
    return { status: 200, headers: { 'Content-Type': contentType }, body: begun.whole ?? begun };
  }
  const { mediaType: type, transferSyntax } = offer;
  const writer = new MultipartWriter({
    type,
    boundary: id.boundary,
    ...(transferSyntax !== undefined && { transferSyntax }),
  });
  const contentLocation = bulkDataUrl(`${context.baseUrl}/dicom-web`, found.path, path);
  const contentLength = isInPlace ? value.length : begun.whole?.length;
  const fields = { contentType, contentLocation, ...(contentLength !== undefined && { contentLength }) };
  const part = { fields, body: begun };
  const body = await answerBody(multipartBody(writer, [part]));
  return { status: 200, headers: { 'Content-Type': writer.contentType }, body };
}

/** The instance has no such value, or a short one that stands in its metadata. */
export function noBulkData(): HttpError {
  return new HttpError('not-found', 'The instance has no bulk data at this path.');
}
