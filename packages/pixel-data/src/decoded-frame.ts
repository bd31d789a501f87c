/** One frame as plain samples, and the arithmetic of its size. */
import type { PixelDescription } from './describe-pixels.ts';

/** What says how the samples of one frame are laid out (PS3.3 C.7.6.3). */
export interface FrameShape {
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  /** Bits of the container of one sample: 1, 8, 16, 32 or 64. */
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  /** 0 = unsigned, 1 = two's complement; undefined = floating point. */
  readonly pixelRepresentation?: number | undefined;
  /** 0 = sample by sample, 1 = plane by plane. */
  readonly planarConfiguration: number;
  readonly photometricInterpretation: string;
}

/**
 * A frame in native form. `samples` holds rows × columns × samplesPerPixel containers in little endian without gaps
 * (planes first where planarConfiguration is 1; fewer where native chroma is subsampled); 1-bit samples are packed, the
 * first in the lowest bit, unused bits zero. Stored values: nothing is rescaled, windowed or masked.
 */
export interface DecodedFrame extends FrameShape {
  readonly samples: Uint8Array;
}

/** The shape that the data set announces, with the defaults of PS3.3 C.7.6.3 for what it leaves out. */
export function shapeOf(description: PixelDescription): FrameShape {
  const { rows, columns, samplesPerPixel, bitsAllocated, photometricInterpretation } = description;
  const bitsStored = description.bitsStored ?? bitsAllocated;
  return {
    rows,
    columns,
    samplesPerPixel,
    bitsAllocated,
    bitsStored,
    highBit: description.highBit ?? bitsStored - 1,
    pixelRepresentation: description.pixelRepresentation,
    planarConfiguration: samplesPerPixel > 1 ? (description.planarConfiguration ?? 0) : 0,
    photometricInterpretation,
  };
}

/** Samples of a frame whose chroma is not subsampled. */
export function sampleCountOf({
  rows,
  columns,
  samplesPerPixel,
}: Pick<FrameShape, 'rows' | 'columns' | 'samplesPerPixel'>): number {
  return rows * columns * samplesPerPixel;
}

/** Bytes of a frame whose chroma is not subsampled. */
export function frameBytesOf(
  shape: Pick<FrameShape, 'rows' | 'columns' | 'samplesPerPixel' | 'bitsAllocated'>,
): number {
  return Math.ceil((sampleCountOf(shape) * shape.bitsAllocated) / 8);
}
