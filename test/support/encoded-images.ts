/** One image in any encoding: files of one SOP Instance UID that say the same, and files that almost do. Not a test. */
import { deflateRawSync } from 'node:zlib';
import { Tags, type TransferSyntax, TransferSyntaxes } from '@sandyq/dicom';
import { createCodecSet, encodeFrame, type FrameShape } from '@sandyq/pixel-data';
import {
  dataSet,
  elementHeader,
  general,
  type InstanceIds,
  item,
  type MadeAttributes,
  type MadeElement,
  MadeSopClasses,
  marker,
  meta,
  SEQUENCE_DELIMITER,
  UNDEFINED_LENGTH,
  uint16,
} from './made-instances.ts';

/** Frames as plain samples (as DecodedFrame has them). */
export interface PlainImage {
  readonly shape: FrameShape;
  readonly frames: readonly Uint8Array[];
}

/** What else an encoding may differ in. */
export interface ImageOptions extends MadeAttributes {
  readonly more?: readonly MadeElement[];
  /** Changes each compressed frame: to damage it. */
  readonly spoil?: (frame: Uint8Array) => Uint8Array;
}

/** The encodings that {@link encodeImage} writes; not every one takes every image. */
export const imageEncodings: readonly TransferSyntax[] = [
  TransferSyntaxes.ExplicitVRLittleEndian,
  TransferSyntaxes.DeflatedExplicitVRLittleEndian,
  TransferSyntaxes.DeflatedImageFrameCompression,
  TransferSyntaxes.RLELossless,
  TransferSyntaxes.JPEGLSLossless,
  TransferSyntaxes.JPEG2000Lossless,
  TransferSyntaxes.HTJ2KLossless,
];

const codecs = createCodecSet();

/** A Part 10 file. Throws CodecError where the syntax has no such samples. */
export async function encodeImage(
  ids: InstanceIds,
  image: PlainImage,
  syntax: TransferSyntax,
  options: ImageOptions = {},
): Promise<Buffer> {
  const sopClassUid = image.frames.length === 1 ? MadeSopClasses.ct : MadeSopClasses.multiFrame;
  const { body, labels } = syntax.encapsulated ? await encapsulated(image, syntax, options) : native(image);
  const elements = [
    ...general(ids, sopClassUid, 'CT', options),
    ...pixelModule(image),
    ...labels,
    ...(options.more ?? []),
  ];
  const bytes = Buffer.concat([dataSet(elements), body]);
  return Buffer.concat([
    meta(ids, sopClassUid, syntax.uid),
    syntax.deflated ? evenly(deflateRawSync(bytes)) : bytes,
  ]);
}

interface EncodedPixels {
  /** The pixel data element. */
  readonly body: Buffer;
  readonly labels: readonly MadeElement[];
}

function native({ shape, frames }: PlainImage): EncodedPixels {
  const value = evenly(shape.bitsAllocated === 1 ? joinedBits(shape, frames) : Buffer.concat(frames));
  const body = Buffer.concat([elementHeader(Tags.PixelData, 'OW', value.length), value]);
  return { body, labels: labelsOf(shape, shape.photometricInterpretation, shape.planarConfiguration) };
}

async function encapsulated(
  { shape, frames }: PlainImage,
  syntax: TransferSyntax,
  { spoil = (frame) => frame }: ImageOptions,
): Promise<EncodedPixels> {
  const fragments: Uint8Array[] = [];
  let labels = labelsOf(shape, shape.photometricInterpretation, shape.planarConfiguration);
  for (const samples of frames) {
    if (syntax.compression === 'deflated-frame') {
      fragments.push(spoil(deflateRawSync(samples)));
      continue;
    }
    const encoded = await encodeFrame({ ...shape, samples }, syntax, codecs);
    labels = labelsOf(shape, encoded.photometricInterpretation, encoded.planarConfiguration);
    fragments.push(spoil(encoded.bytes));
  }
  const body = Buffer.concat([
    elementHeader(Tags.PixelData, 'OB', UNDEFINED_LENGTH),
    item(Buffer.alloc(0)),
    ...fragments.map(item),
    marker(SEQUENCE_DELIMITER, 0),
  ]);
  return { body, labels };
}

function labelsOf(shape: FrameShape, photometric: string, planar: number): readonly MadeElement[] {
  return [
    [Tags.PhotometricInterpretation, 'CS', photometric],
    ...(shape.samplesPerPixel > 1 ? [[Tags.PlanarConfiguration, 'US', uint16(planar)] as const] : []),
  ];
}

function pixelModule({ shape, frames }: PlainImage): readonly MadeElement[] {
  return [
    [Tags.SamplesPerPixel, 'US', uint16(shape.samplesPerPixel)],
    ...(frames.length > 1 ? [[Tags.NumberOfFrames, 'IS', String(frames.length)] as const] : []),
    [Tags.Rows, 'US', uint16(shape.rows)],
    [Tags.Columns, 'US', uint16(shape.columns)],
    [Tags.BitsAllocated, 'US', uint16(shape.bitsAllocated)],
    [Tags.BitsStored, 'US', uint16(shape.bitsStored)],
    [Tags.HighBit, 'US', uint16(shape.highBit)],
    [Tags.PixelRepresentation, 'US', uint16(shape.pixelRepresentation ?? 0)],
  ];
}

/** 1-bit frames follow one another without gaps (PS3.5 §8.1.1). */
function joinedBits({ rows, columns }: FrameShape, frames: readonly Uint8Array[]): Buffer {
  const bits = rows * columns;
  const joined = Buffer.alloc(Math.ceil((bits * frames.length) / 8));
  for (const [index, frame] of frames.entries()) {
    for (let bit = 0; bit < bits; bit += 1) {
      if (((frame[bit >> 3] ?? 0) >> (bit & 7)) % 2 === 0) continue;
      const at = index * bits + bit;
      joined[at >> 3] = (joined[at >> 3] ?? 0) | (1 << (at & 7));
    }
  }
  return joined;
}

function evenly(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(bytes.length % 2)]);
}
