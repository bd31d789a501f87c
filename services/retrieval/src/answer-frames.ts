/** Answers with frames of an instance: one alone, or one part a frame (PS3.18 §8.7.3.3). */
import type { PixelDataLayout } from '@sandyq/dicom';
import { contentTypeOf, frameUrl, MultipartWriter, type RetrieveOffer } from '@sandyq/dicomweb';
import type { Answer, RequestContext } from '@sandyq/http';
import { answerBody } from './begun-source.ts';
import type { RetrievalDependencies } from './dependencies.ts';
import { needsCodec } from './dicom-content.ts';
import type { FoundInstance } from './find-instances.ts';
import type { FrameBytes } from './frame-bytes.ts';
import { sendingReader } from './read-entry.ts';
import type { RepresentationId } from './representation.ts';
import { orRequestError } from './transcoding/codec-fault.ts';
import { offeredFrames } from './transcoding/offered-frames.ts';

/** Which frames of what, and how they are sent. */
export interface FramesAnswer {
  readonly offer: RetrieveOffer;
  readonly id: RepresentationId;
  readonly found: FoundInstance;
  readonly layout: PixelDataLayout;
  /** From 1; only one where the offer is a single part. */
  readonly frameNumbers: readonly number[];
}

/** The frames, in the order of their numbers. */
export async function answerFrames(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  { offer, id, found: { location, path }, layout, frameNumbers }: FramesAnswer,
): Promise<Answer> {
  const frameIndexes = frameNumbers.map((frameNumber) => frameNumber - 1);
  const source = { location, layout };
  const loan = dependencies.buffers.lend();
  const reader = needsCodec(offer) ? context : sendingReader(context, loan);
  const frames = offeredFrames(dependencies, source, frameIndexes, { offer, reader });
  const contentType = contentTypeOf(offer);
  const onSent = loan.giveBack;
  if (!offer.multipart) {
    const body = await begin(bytesOf(frames));
    return { status: 200, headers: { 'Content-Type': contentType }, body, onSent };
  }
  const { mediaType: type, transferSyntax } = offer;
  const writer = new MultipartWriter({ type, boundary: id.boundary, transferSyntax });
  const rootUrl = `${context.baseUrl}/dicom-web`;
  const urlOf = (position: number) => frameUrl(rootUrl, path, frameNumbers[position] ?? 0);
  const body = await begin(frameParts(writer, frames, { contentType, urlOf }));
  return { status: 200, headers: { 'Content-Type': writer.contentType }, body, onSent };
}

/** What can't be converted is known before the head leaves, if it stands at the beginning. */
function begin(source: AsyncIterable<Uint8Array>): ReturnType<typeof answerBody> {
  return orRequestError(answerBody(source));
}

async function* bytesOf(frames: AsyncIterable<FrameBytes>): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of frames) yield bytes;
}

async function* frameParts(
  writer: MultipartWriter,
  frames: AsyncIterable<FrameBytes>,
  part: { readonly contentType: string; readonly urlOf: (position: number) => string },
): AsyncGenerator<Uint8Array> {
  for await (const { position, isFirst, bytes, frameLength } of frames) {
    const { contentType, urlOf } = part;
    const length = frameLength === undefined ? {} : { contentLength: frameLength };
    if (isFirst) yield writer.partHeader({ contentType, contentLocation: urlOf(position), ...length });
    yield bytes;
  }
  yield writer.closing;
}
