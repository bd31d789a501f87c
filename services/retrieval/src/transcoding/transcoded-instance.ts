/** An instance as a Part 10 file in another transfer syntax, its pixels decoded or encoded without loss. */
import type { InstanceLocation } from '@sandyq/database';
import {
  type DataSet,
  type NewPixelData,
  type NewValue,
  stringOf,
  type Tag,
  Tags,
  type TransferSyntax,
  TransferSyntaxes,
  transferSyntaxOf,
  withPixelData,
} from '@sandyq/dicom';
import { longestValueBytes } from '@sandyq/dicomweb';
import { CodecError, type PixelDescription } from '@sandyq/pixel-data';
import type { RetrievalDependencies } from '../dependencies.ts';
import type { Reader } from '../read-entry.ts';
import { type ConvertedFrame, convertedFrames } from './converted-frames.ts';
import { openFrames } from './described-frames.ts';
import { withoutPixelBytes } from './hollow-entry.ts';
import { nativeLength, nativeValue } from './native-value.ts';
import { NestedPixelData } from './nested-pixel-data.ts';

/** Headers up to here are read once. */
const HELD_HEADER_BYTES = 1024 * 1024;

/**
 * The file, frame by frame in bounded memory. Before its first byte the first frame has been converted: what can't be
 * converted at all is an error then.
 * @throws CodecError, noted among the known faults; as readEntry does
 */
export async function* transcodedInstance(
  dependencies: RetrievalDependencies,
  location: InstanceLocation,
  target: TransferSyntax,
  reader: Reader,
): AsyncGenerator<Uint8Array> {
  const { knownFaults } = dependencies;
  const known = knownFaults.find(location.sha256, target.uid);
  if (known !== undefined) throw known;
  try {
    yield* transcoded(dependencies, location, target, reader);
  } catch (error) {
    if (error instanceof CodecError) knownFaults.note(location.sha256, target.uid, error);
    throw error;
  }
}

async function* transcoded(
  dependencies: RetrievalDependencies,
  location: InstanceLocation,
  target: TransferSyntax,
  reader: Reader,
): AsyncGenerator<Uint8Array> {
  const nested = new NestedPixelData();
  const options = { visitor: nested, holdBytes: HELD_HEADER_BYTES };
  const source = await openFrames(dependencies, location, reader, options);
  const { layout, description, header } = source;
  const indexes = Array.from({ length: layout.frames }, (_, index) => index);
  const frames = convertedFrames(dependencies, source, indexes, { reader, target });
  try {
    const first = await frames.next();
    if (first.done === true) throw new CodecError('description-mismatch', 'the instance has no frames');
    const { signal } = reader;
    const syntax = transferSyntaxOf(location.transferSyntaxUid) ?? target;
    const { codecs } = dependencies;
    const pixelData: NewPixelData = {
      ...valueOf(description, first.value, bytesOf(first.value, frames), { target, frames: layout.frames }),
      attributes: attributesOf(header.dataSet, description, first.value, syntax),
      atOffsets: await nested.decode(header.dataSet, { codecs, syntax, signal }),
    };
    yield* withPixelData(withoutPixelBytes(dependencies, location, reader, header.held), pixelData);
  } finally {
    await frames.return(undefined);
  }
}

async function* bytesOf(
  first: ConvertedFrame,
  others: AsyncIterable<ConvertedFrame>,
): AsyncGenerator<Uint8Array> {
  yield first.bytes;
  for await (const { bytes } of others) yield bytes;
}

type Value = Pick<NewPixelData, 'transferSyntaxUid' | 'vr' | 'length' | 'frames'>;

function valueOf(
  description: PixelDescription,
  first: ConvertedFrame,
  bytes: AsyncIterable<Uint8Array>,
  { target, frames }: { readonly target: TransferSyntax; readonly frames: number },
): Value {
  const { uid: transferSyntaxUid } = target;
  if (transferSyntaxUid !== TransferSyntaxes.ExplicitVRLittleEndian.uid) {
    return { transferSyntaxUid, vr: 'OB', length: undefined, frames: bytes };
  }
  const length = nativeLength(description, first.bytes, frames);
  if (length > longestValueBytes) throw new CodecError('too-large', `native pixel data of ${length} bytes`);
  const vr = description.bitsAllocated > 8 ? 'OW' : 'OB';
  return { transferSyntaxUid, vr, length, frames: nativeValue(bytes, description) };
}

/**
 * What the data set must say with the new pixels (PS3.3 C.7.6.3): their colour and its order; and that they were
 * compressed with loss once, which stays true when they are not any more (C.7.6.1.1.5).
 */
function attributesOf(
  dataSet: DataSet,
  description: PixelDescription,
  { photometricInterpretation, planarConfiguration }: ConvertedFrame,
  stored: TransferSyntax,
): ReadonlyMap<Tag, NewValue> {
  const attributes = new Map<Tag, NewValue>();
  const text = (tag: Tag, value: string) =>
    attributes.set(tag, { vr: 'CS', value: Buffer.from(value, 'latin1') });
  if (photometricInterpretation !== description.photometricInterpretation) {
    text(Tags.PhotometricInterpretation, photometricInterpretation);
  }
  if (description.samplesPerPixel > 1 && planarConfiguration !== description.planarConfiguration) {
    attributes.set(Tags.PlanarConfiguration, { vr: 'US', value: Uint8Array.of(planarConfiguration, 0) });
  }
  if (stored.lossy === 'always' && stringOf(dataSet, Tags.LossyImageCompression) !== '01') {
    text(Tags.LossyImageCompression, '01');
  }
  return attributes;
}
