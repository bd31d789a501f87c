/** Frames of an instance in the representation that was negotiated for them. */
import { TransferSyntaxes, transferSyntaxOf } from '@sandyq/dicom';
import type { RetrieveOffer } from '@sandyq/dicomweb';
import type { RetrievalDependencies } from '../dependencies.ts';
import { needsCodec } from '../dicom-content.ts';
import { type FrameSource, frameBodies } from '../frame-bodies.ts';
import type { FrameBytes } from '../frame-bytes.ts';
import type { Reader } from '../read-entry.ts';
import { convertedFrames } from './converted-frames.ts';
import { describeFrames } from './described-frames.ts';
import { frameInSyntax } from './single-frame.ts';

/**
 * The frames with these indexes (from 0), in their order; as stored or in little endian where no codec is needed.
 * @throws CodecError; as readEntry does
 */
export function offeredFrames(
  dependencies: RetrievalDependencies,
  source: FrameSource,
  frameIndexes: readonly number[],
  { offer, reader }: { readonly offer: RetrieveOffer; readonly reader: Reader },
): AsyncGenerator<FrameBytes> {
  return needsCodec(offer)
    ? framesInSyntax(dependencies, source, frameIndexes, { offer, reader })
    : frameBodies(dependencies, source, frameIndexes, reader);
}

async function* framesInSyntax(
  dependencies: RetrievalDependencies,
  { location }: FrameSource,
  frameIndexes: readonly number[],
  { offer, reader }: { readonly offer: RetrieveOffer; readonly reader: Reader },
): AsyncGenerator<FrameBytes> {
  const target = transferSyntaxOf(offer.transferSyntax) ?? TransferSyntaxes.ExplicitVRLittleEndian;
  const source = await describeFrames(dependencies, location, reader);
  const [only] = frameIndexes;
  if (frameIndexes.length === 1 && only !== undefined) {
    const bytes = await frameInSyntax(dependencies, source, only, { reader, target });
    yield { position: 0, isFirst: true, bytes, frameLength: bytes.length };
    return;
  }
  let position = 0;
  for await (const { bytes } of convertedFrames(dependencies, source, frameIndexes, { reader, target })) {
    yield { position, isFirst: true, bytes, frameLength: bytes.length };
    position += 1;
  }
}
