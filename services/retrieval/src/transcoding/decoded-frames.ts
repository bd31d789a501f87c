/**
 * Frames of an instance as plain samples, or in another compression, whatever the transfer syntax they are stored in.
 * Read verified, a few ahead of the consumer, in bounded memory.
 */
import { availableParallelism } from 'node:os';
import { type TransferSyntax, transferSyntaxOf } from '@sandyq/dicom';
import { isVideo } from '@sandyq/dicomweb';
import {
  CodecError,
  type DecodedFrame,
  defaultCodecLimits,
  type EncodedFrame,
  frameBytesOf,
  frameRange,
  type PixelDescription,
  shapeOf,
} from '@sandyq/pixel-data';
import type { RetrievalDependencies } from '../dependencies.ts';
import { type FrameSource, frameBodies } from '../frame-bodies.ts';
import type { Reader } from '../read-entry.ts';
import { inOrder } from './in-order.ts';
import { wholeFrames } from './whole-frames.ts';

/** Pixel data of an instance, and what its samples mean. */
export interface DescribedFrames extends FrameSource {
  readonly description: PixelDescription;
}

/** Frames ahead of the consumer hold at most this much, one frame apart. */
const AHEAD_BYTES = 64 * 1024 * 1024;
/** A code stream can be larger than its samples, but not by much. */
const LARGEST_CODE_STREAM_BYTES = 2 * defaultCodecLimits.mostFrameBytes;

/**
 * The frames with these indexes (from 0), in their order, in native form. Whoever stops early ends the tasks.
 * @throws CodecError; as readEntry does; HttpError 'overloaded', and 'bad-request' for deflated frames out of order
 */
export function decodedFrames(
  dependencies: RetrievalDependencies,
  source: DescribedFrames,
  frameIndexes: readonly number[],
  reader: Reader,
): AsyncGenerator<DecodedFrame> {
  return convertedFrames(dependencies, source, frameIndexes, { reader, convert: async (frame) => frame });
}

/**
 * The same frames in one of `encodableSyntaxes`, all lossless.
 * @throws as decodedFrames
 */
export function encodedFrames(
  dependencies: RetrievalDependencies,
  source: DescribedFrames,
  frameIndexes: readonly number[],
  { reader, target }: { readonly reader: Reader; readonly target: TransferSyntax },
): AsyncGenerator<EncodedFrame> {
  const isOwned = source.layout.kind === 'encapsulated';
  return convertedFrames(dependencies, source, frameIndexes, {
    reader,
    convert: (frame, signal) => dependencies.codecs.encodeFrame(frame, target, { signal, isOwned }),
  });
}

interface Conversion<Result> {
  readonly reader: Reader;
  readonly convert: (frame: DecodedFrame, signal: AbortSignal) => Promise<Result>;
}

async function* convertedFrames<Result>(
  dependencies: RetrievalDependencies,
  source: DescribedFrames,
  frameIndexes: readonly number[],
  { reader, convert }: Conversion<Result>,
): AsyncGenerator<Result> {
  const largestBytes = largestFrame(source, frameIndexes);
  const ahead = Math.min(frameIndexes.length, framesAhead(largestBytes));
  const given = new AbortController();
  const signal = AbortSignal.any([reader.signal, given.signal]);
  const release = await dependencies.frameMemory.reserve(ahead * largestBytes, signal);
  try {
    const bodies = frameBodies(dependencies, source, frameIndexes, { logger: reader.logger, signal });
    const decode = decoder(dependencies, source, signal);
    const work = async (bytes: Uint8Array) => convert(await decode(bytes), signal);
    yield* inOrder(wholeFrames(bodies), work, ahead);
  } finally {
    given.abort(new CodecError('pool-closed', 'nobody waits for the frame any more'));
    release();
  }
}

type Decode = (bytes: Uint8Array) => Promise<DecodedFrame>;

/** What makes plain samples of the bytes of a frame. @throws CodecError 'unsupported', 'video' */
export function decoder(
  { codecs }: RetrievalDependencies,
  { layout, location, description }: DescribedFrames,
  signal: AbortSignal,
): Decode {
  if (layout.kind === 'native') return async (samples) => ({ ...shapeOf(description), samples });
  const syntax = readableSyntax(location.transferSyntaxUid);
  return async (bytes) => named(await codecs.decodeFrame(bytes, description, syntax, { signal }));
}

/** Subsampled chroma is of code streams: decoded it is full, and has another name (PS3.3 C.7.6.3.1.2). */
function named(frame: DecodedFrame): DecodedFrame {
  const { photometricInterpretation, samples } = frame;
  const isFull = samples.length === frameBytesOf(frame);
  return photometricInterpretation === 'YBR_FULL_422' && isFull
    ? { ...frame, photometricInterpretation: 'YBR_FULL' }
    : frame;
}

/** @throws CodecError 'unsupported', 'video' before a byte is read */
function readableSyntax(transferSyntaxUid: string): TransferSyntax {
  const syntax = transferSyntaxOf(transferSyntaxUid);
  if (syntax === undefined) throw new CodecError('unsupported', 'unknown transfer syntax');
  if (isVideo(syntax)) throw new CodecError('video', 'ask for the stream as stored');
  return syntax;
}

/** Bytes of the largest frame, with its code stream. @throws CodecError 'too-large' before a byte is read */
export function largestFrame(
  { layout, location, description }: DescribedFrames,
  indexes: readonly number[],
): number {
  if (layout.kind === 'encapsulated') readableSyntax(location.transferSyntaxUid);
  const { mostFrameBytes } = defaultCodecLimits;
  const decodedBytes = frameBytesOf(description);
  if (decodedBytes > mostFrameBytes) {
    throw new CodecError('too-large', `a frame of ${decodedBytes} bytes, the limit is ${mostFrameBytes}`);
  }
  let storedBytes = 0;
  for (const index of indexes) storedBytes = Math.max(storedBytes, frameRange(layout, index).length);
  if (storedBytes > LARGEST_CODE_STREAM_BYTES) {
    throw new CodecError('too-large', `a code stream of ${storedBytes} bytes`);
  }
  return storedBytes + 2 * decodedBytes;
}

function framesAhead(largestBytes: number): number {
  return Math.max(1, Math.min(availableParallelism() + 1, Math.floor(AHEAD_BYTES / largestBytes)));
}
