/** Images that tests compress themselves, frame by frame, so that they know every sample and can damage what they like. */
import { Tags, type TransferSyntax } from '@sandyq/dicom';
import { createCodecSet, encodeFrame } from '@sandyq/pixel-data';
import {
  dataSet,
  elementHeader,
  general,
  type InstanceIds,
  item,
  type MadeElement,
  type MadeInstance,
  MadeSopClasses,
  marker,
  meta,
  SEQUENCE_DELIMITER,
  UNDEFINED_LENGTH,
  uint16,
} from './made-instances.ts';

/** Grey frames of `bits` (1, 8 or 16) a sample; 1-bit frames packed, the first pixel in the lowest bit. */
export interface CompressedImage {
  readonly transferSyntax: TransferSyntax;
  readonly rows: number;
  readonly columns: number;
  readonly bits: 1 | 8 | 16;
  readonly frames: readonly Uint8Array[];
  /** What is stored in the place of an encoded frame. */
  readonly damage?: (encoded: Buffer, frameIndex: number) => Buffer;
  readonly elements?: readonly MadeElement[];
}

const codecs = createCodecSet();

/** A multi-frame image, one fragment a frame, without offset table. */
export async function makeCompressedImage(ids: InstanceIds, image: CompressedImage): Promise<MadeInstance> {
  const {
    rows,
    columns,
    bits,
    transferSyntax,
    frames,
    elements = [],
    damage = (fragment) => fragment,
  } = image;
  const shape = {
    rows,
    columns,
    samplesPerPixel: 1,
    bitsAllocated: bits,
    bitsStored: bits,
    highBit: bits - 1,
    pixelRepresentation: 0,
    planarConfiguration: 0,
    photometricInterpretation: 'MONOCHROME2',
  };
  // Encoding takes long, and tests repeat frames.
  const encoded = new Map<Uint8Array, Buffer>();
  for (const samples of new Set(frames)) {
    const { bytes } = await encodeFrame({ ...shape, samples }, transferSyntax, codecs);
    encoded.set(samples, Buffer.from(bytes));
  }
  const fragments = frames.map((samples, index) => damage(encoded.get(samples) ?? Buffer.alloc(0), index));
  const sopClassUid = MadeSopClasses.multiFrame;
  const attributes: MadeElement[] = [
    ...general(ids, sopClassUid, 'OT', {}),
    [Tags.SamplesPerPixel, 'US', uint16(1)],
    [Tags.PhotometricInterpretation, 'CS', 'MONOCHROME2'],
    [Tags.NumberOfFrames, 'IS', String(frames.length)],
    [Tags.Rows, 'US', uint16(rows)],
    [Tags.Columns, 'US', uint16(columns)],
    [Tags.BitsAllocated, 'US', uint16(bits)],
    [Tags.BitsStored, 'US', uint16(bits)],
    [Tags.HighBit, 'US', uint16(bits - 1)],
    [Tags.PixelRepresentation, 'US', uint16(0)],
    ...elements,
  ];
  const bytes = Buffer.concat([
    meta(ids, sopClassUid, transferSyntax.uid),
    dataSet(attributes),
    elementHeader(Tags.PixelData, 'OB', UNDEFINED_LENGTH),
    item(Buffer.alloc(0)),
    ...fragments.map(item),
    marker(SEQUENCE_DELIMITER, 0),
  ]);
  return { ...ids, bytes };
}

/** Bytes of which every other one is noise: they can be compressed, but not by much. The same for the same seed. */
export function noise(bytes: number, seed: number): Buffer {
  const samples = Buffer.alloc(bytes);
  let state = seed + 1;
  for (let index = 0; index < bytes; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    samples[index] = index % 2 === 0 ? state >>> 24 : (index >> 10) & 0x0f;
  }
  return samples;
}
