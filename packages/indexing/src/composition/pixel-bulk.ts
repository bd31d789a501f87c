/** The parts that are the Pixel Data of an instance: native, or frame by frame in one encapsulated syntax. */
import {
  type BulkBytes,
  type BulkContent,
  type ComposedInstance,
  Tags,
  type TransferSyntax,
} from '@sandyq/dicom';
import { isVideo, type MediaType, parseMediaType } from '@sandyq/dicomweb';
import { RefusedError } from '../reception/fault.ts';
import type { ReferredParts } from './bulk-parts.ts';
import { type CodestreamFacts, codestreamFactsOf, codestreamHeadBytes } from './codestream-facts.ts';
import { pixelSyntaxOf } from './pixel-syntax.ts';
import type { RequestPart } from './request-part.ts';

/** Pixel data with what their encoding says of them. */
export interface PixelBulk {
  readonly content: BulkContent;
  /** Undefined: native. */
  readonly syntax: TransferSyntax | undefined;
  readonly facts: CodestreamFacts | undefined;
}

/**
 * Puts the parts together. `syntaxHint`: the transfer syntax that the request names for all its parts.
 *
 * @throws RefusedError 'bulk-data-missing', 'bulk-data-mismatch' and those of pixelSyntaxOf
 */
export async function pixelBulkOf(
  referred: ReferredParts,
  instance: ComposedInstance,
  syntaxHint: string | undefined,
): Promise<PixelBulk> {
  const parts = referred.whole.length > 0 ? referred.whole : inOrder(referred.frames);
  const [first] = parts;
  if (first === undefined) throw missing('the Pixel Data are not in the request');
  const facts = codestreamFactsOf(await headOf(first.bytes));
  const hints = [instance.transferSyntaxUid, syntaxHint, facts?.transferSyntaxUid];
  const syntax = pixelSyntaxOf(mediaTypeOf(first), hints);
  if (parts.some((part) => pixelSyntaxOf(mediaTypeOf(part), hints) !== syntax))
    throw mismatch('the frames come in different transfer syntaxes');
  if (syntax === undefined) {
    if (referred.whole.length > 1) throw mismatch('uncompressed Pixel Data come in more than one part');
    return { content: { kind: 'value', bytes: joined(parts) }, syntax, facts: undefined };
  }
  assertFrames(parts, syntax, framesIn(instance));
  return { content: { kind: 'frames', frames: parts.map(({ bytes }) => bytes) }, syntax, facts };
}

/** The media type of a part. Throws RefusedError 'part-headers'. */
function mediaTypeOf({ contentType }: RequestPart): MediaType {
  const mediaType = parseMediaType(contentType);
  if (mediaType !== undefined) return mediaType;
  throw new RefusedError({ reason: 'part-headers', message: 'the Content-Type of a part is unreadable' });
}

function inOrder(frames: ReadonlyMap<number, RequestPart>): RequestPart[] {
  const ordered = [...frames].sort(([left], [right]) => left - right);
  if (ordered.every(([number], index) => number === index + 1)) return ordered.map(([, part]) => part);
  throw missing('the parts are not frames 1, 2, 3 and so on');
}

function assertFrames(
  parts: readonly RequestPart[],
  syntax: TransferSyntax,
  stated: number | undefined,
): void {
  if (parts.some(({ bytes }) => bytes.length === 0)) throw mismatch('a frame is empty');
  const expected = isVideo(syntax) ? 1 : (stated ?? 1);
  if (parts.length === expected) return;
  throw mismatch(
    isVideo(syntax)
      ? `a video comes in one part, not in ${parts.length}`
      : `the metadata speak of ${expected} frames, and ${parts.length} parts have one each`,
  );
}

/** Number of Frames (0028,0008) as stated. */
function framesIn({ dataSet }: ComposedInstance): number | undefined {
  const element = dataSet.elements.get(Tags.NumberOfFrames);
  if (element?.kind !== 'value') return undefined;
  const frames = Number(Buffer.from(element.value).toString('latin1'));
  return Number.isSafeInteger(frames) && frames > 0 ? frames : undefined;
}

/** Uncompressed frames one after the other: what one part would hold. */
function joined(parts: readonly RequestPart[]): BulkBytes {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first.bytes;
  return {
    length: parts.reduce((sum, { bytes }) => sum + bytes.length, 0),
    async *open() {
      for (const { bytes } of parts) yield* bytes.open();
    },
  };
}

async function headOf(bytes: BulkBytes): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const length = Math.min(bytes.length, codestreamHeadBytes);
  for await (const chunk of bytes.open({ offset: 0, length })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function missing(message: string): RefusedError {
  return new RefusedError({ reason: 'bulk-data-missing', message });
}

function mismatch(message: string): RefusedError {
  return new RefusedError({ reason: 'bulk-data-mismatch', message });
}
