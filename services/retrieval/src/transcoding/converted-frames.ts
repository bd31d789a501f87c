/** Frames of an instance in the transfer syntax of an answer, with the attributes that go with them. */
import { type TransferSyntax, TransferSyntaxes } from '@sandyq/dicom';
import { CodecError } from '@sandyq/pixel-data';
import type { RetrievalDependencies } from '../dependencies.ts';
import type { Reader } from '../read-entry.ts';
import { type DescribedFrames, decodedFrames, encodedFrames } from './decoded-frames.ts';

/** A frame as it is sent, and what the data set says of it then. */
export interface ConvertedFrame {
  readonly bytes: Uint8Array;
  readonly photometricInterpretation: string;
  readonly planarConfiguration: number;
}

/**
 * The frames with these indexes (from 0), in order: native for Explicit VR Little Endian, else encoded without loss. They
 * are all alike, as one data set describes them. A fault is noted: the instance as a whole can't be had so.
 * @throws as decodedFrames
 */
export async function* convertedFrames(
  dependencies: RetrievalDependencies,
  source: DescribedFrames,
  frameIndexes: readonly number[],
  { reader, target }: { readonly reader: Reader; readonly target: TransferSyntax },
): AsyncGenerator<ConvertedFrame> {
  let first: ConvertedFrame | undefined;
  try {
    for await (const frame of framesIn(dependencies, source, frameIndexes, { reader, target })) {
      first ??= frame;
      if (!isAlike(frame, first)) {
        throw new CodecError('description-mismatch', 'the frames of the instance have different colours');
      }
      yield frame;
    }
  } catch (error) {
    const { sha256 } = source.location;
    if (error instanceof CodecError) dependencies.knownFaults.note(sha256, target.uid, error);
    throw error;
  }
}

async function* framesIn(
  dependencies: RetrievalDependencies,
  source: DescribedFrames,
  frameIndexes: readonly number[],
  { reader, target }: { readonly reader: Reader; readonly target: TransferSyntax },
): AsyncGenerator<ConvertedFrame> {
  if (target.uid !== TransferSyntaxes.ExplicitVRLittleEndian.uid) {
    yield* encodedFrames(dependencies, source, frameIndexes, { reader, target });
    return;
  }
  for await (const frame of decodedFrames(dependencies, source, frameIndexes, reader)) {
    const { samples: bytes, photometricInterpretation, planarConfiguration } = frame;
    yield { bytes, photometricInterpretation, planarConfiguration };
  }
}

function isAlike(one: ConvertedFrame, other: ConvertedFrame): boolean {
  return (
    one.photometricInterpretation === other.photometricInterpretation &&
    one.planarConfiguration === other.planarConfiguration
  );
}
