/** The Image Pixel attributes of a data set (PS3.3 C.7.6.3), as numbers. No judgement about the pixel data itself. */
import { type ByteOrder, type DataSet, intsOf, readIntegers, stringOf, type Tag, Tags } from '@sandyq/dicom';

/** How the data set gives its number of frames (PS3.3 C.7.6.6); 'absent' is the rule for single-frame images. */
export type FrameCountSource = 'stated' | 'absent' | 'empty' | 'invalid';

/** Shape of the pixel data: frames × rows × columns × samples (planes first where planarConfiguration is 1). */
export interface PixelDescription {
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  /** Bits of the container of one sample: 1, 8, 16, 32, 64 (12 and 24 in retired images). */
  readonly bitsAllocated: number;
  readonly bitsStored?: number | undefined;
  readonly highBit?: number | undefined;
  /** 0 = unsigned, 1 = two's complement; absent for float pixels. */
  readonly pixelRepresentation?: number | undefined;
  /** Defined term of PS3.3 C.7.6.3.1.2 without padding; '' where absent or empty. */
  readonly photometricInterpretation: string;
  readonly planarConfiguration?: number | undefined;
  /** As stated; 1 unless stated. */
  readonly numberOfFrames: number;
  readonly numberOfFramesSource: FrameCountSource;
}

/**
 * Describes the pixels of a data set; undefined where Rows, Columns, Samples per Pixel or Bits Allocated is
 * absent, empty, zero or not a single number, because then no frame can be told apart.
 */
export function describePixels(dataSet: DataSet, byteOrder: ByteOrder): PixelDescription | undefined {
  const read = (tag: Tag) => numberOf(dataSet, tag, byteOrder);
  const rows = read(Tags.Rows);
  const columns = read(Tags.Columns);
  const samplesPerPixel = read(Tags.SamplesPerPixel);
  const bitsAllocated = read(Tags.BitsAllocated);
  if (
    !isPositive(rows) ||
    !isPositive(columns) ||
    !isPositive(samplesPerPixel) ||
    !isPositive(bitsAllocated)
  ) {
    return undefined;
  }
  return {
    rows,
    columns,
    samplesPerPixel,
    bitsAllocated,
    bitsStored: read(Tags.BitsStored),
    highBit: read(Tags.HighBit),
    pixelRepresentation: read(Tags.PixelRepresentation),
    photometricInterpretation: stringOf(dataSet, Tags.PhotometricInterpretation) ?? '',
    planarConfiguration: read(Tags.PlanarConfiguration),
    ...frameCountOf(dataSet),
  };
}

/** Frames of chroma-subsampled native images hold fewer samples than rows × columns × samples (PS3.3 C.7.6.3.1.2). */
const samplesPerPixelOf: Readonly<Record<string, number>> = {
  YBR_FULL_422: 2,
  YBR_PARTIAL_422: 2,
  YBR_PARTIAL_420: 1.5,
};

/** Bits of one native frame, without padding: 1-bit frames are not byte aligned (PS3.5 §8.1.1). */
export function bitsPerFrame(description: PixelDescription): number {
  const subsampled =
    description.samplesPerPixel === 3 ? samplesPerPixelOf[description.photometricInterpretation] : undefined;
  return bitsOf(description, subsampled ?? description.samplesPerPixel);
}

/** Bits of one native frame if its chroma is not subsampled, whatever the photometric interpretation says. */
export function unsubsampledBitsPerFrame(description: PixelDescription): number {
  return bitsOf(description, description.samplesPerPixel);
}

function bitsOf({ rows, columns, bitsAllocated }: PixelDescription, samplesPerPixel: number): number {
  return Math.ceil(rows * columns * samplesPerPixel * bitsAllocated);
}

function frameCountOf(dataSet: DataSet): Pick<PixelDescription, 'numberOfFrames' | 'numberOfFramesSource'> {
  const reading = readIntegers(dataSet, Tags.NumberOfFrames);
  if (reading.state !== 'values') return { numberOfFrames: 1, numberOfFramesSource: reading.state };
  const [frames = 0, ...others] = reading.values;
  if (frames < 1 || others.length > 0) return { numberOfFrames: 1, numberOfFramesSource: 'invalid' };
  return { numberOfFrames: frames, numberOfFramesSource: 'stated' };
}

/** A single whole number; undefined where absent, empty, invalid or several. */
function numberOf(dataSet: DataSet, tag: Tag, byteOrder: ByteOrder): number | undefined {
  const values = intsOf(dataSet, tag, byteOrder);
  return values?.length === 1 ? values[0] : undefined;
}

function isPositive(value: number | undefined): value is number {
  return value !== undefined && value > 0;
}
