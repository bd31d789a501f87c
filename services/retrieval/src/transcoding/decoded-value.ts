/** The pixel data of an instance as one native value, decoded. */
import type { InstanceLocation } from '@sandyq/database';
import { TransferSyntaxes } from '@sandyq/dicom';
import type { RetrievalDependencies } from '../dependencies.ts';
import type { Reader } from '../read-entry.ts';
import type { ValueSource } from '../value-source.ts';
import { convertedFrames } from './converted-frames.ts';
import { describeFrames } from './described-frames.ts';
import { nativeValue } from './native-value.ts';

/** All frames, one after the other (PS3.5 §8.1.1). The source throws CodecError where one can't be decoded. */
export function decodedValue(
  dependencies: RetrievalDependencies,
  location: InstanceLocation,
  reader: Reader,
): ValueSource {
  return { kind: 'passing', open: () => decoded(dependencies, location, reader) };
}

async function* decoded(
  dependencies: RetrievalDependencies,
  location: InstanceLocation,
  reader: Reader,
): AsyncGenerator<Uint8Array> {
  const source = await describeFrames(dependencies, location, reader);
  const indexes = Array.from({ length: source.layout.frames }, (_, index) => index);
  const target = TransferSyntaxes.ExplicitVRLittleEndian;
  const frames = convertedFrames(dependencies, source, indexes, { reader, target });
  yield* nativeValue(samplesOf(frames), source.description);
}

async function* samplesOf(frames: ReturnType<typeof convertedFrames>): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of frames) yield bytes;
}
