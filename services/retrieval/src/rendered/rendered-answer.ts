/** Answers with pictures: one alone, or one part each (PS3.18 §10.4.3.3.3, §8.6.1.2). */
import { MultipartWriter, type ParsedRenderedParameters, warningHeader } from '@sandyq/dicomweb';
import type { Answer, AnswerHeaders, RequestContext } from '@sandyq/http';
import { answerBody } from '../begun-source.ts';
import { type BodyPart, multipartBody } from '../multipart-body.ts';
import { orRenderingFault } from './rendering-fault.ts';

/** Raised whenever pictures come out in another way: clients and caches must not keep the old ones. */
export const RENDERING_VERSION = 2;

/** A picture and where it can be had by itself. */
export interface LocatedPicture {
  readonly contentLocation: string;
  readonly bytes: Uint8Array;
}

/** One picture alone. */
export function singlePicture(mediaType: string, bytes: Uint8Array): Answer {
  return { status: 200, headers: { 'Content-Type': mediaType }, body: bytes };
}

/** One part a picture; faults of the first ones are those of the answer. */
export async function multipartPictures(
  { mediaType, boundary }: { readonly mediaType: string; readonly boundary: string },
  parts: AsyncIterable<BodyPart>,
): Promise<Answer> {
  const writer = new MultipartWriter({ type: mediaType, boundary });
  const body = await orRenderingFault(answerBody(multipartBody(writer, parts)));
  return { status: 200, headers: { 'Content-Type': writer.contentType }, body };
}

/** The part of a picture. */
export function partOf(contentType: string, { contentLocation, bytes }: LocatedPicture): BodyPart {
  return { fields: { contentType, contentLocation }, body: [bytes] };
}

/** Warning for annotation keywords that nobody knows (§8.3.5.1.1); none otherwise. */
export function annotationWarning(
  { baseUrl }: Pick<RequestContext, 'baseUrl'>,
  { unknownAnnotations }: Pick<ParsedRenderedParameters, 'unknownAnnotations'>,
): AnswerHeaders {
  if (unknownAnnotations.length === 0) return {};
  const text = `The following annotation values are not supported: ${unknownAnnotations.join(',')}`;
  return { Warning: warningHeader(`${baseUrl}/dicom-web`, text) };
}

/** The answer with these headers too. */
export function withHeaders(answer: Answer, headers: AnswerHeaders): Answer {
  return { ...answer, headers: { ...answer.headers, ...headers } };
}
