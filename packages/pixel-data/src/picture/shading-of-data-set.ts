/** Whether a frame is grey or colour, and everything that its data set says about it (PS3.3 C.7.6.3.1.2). */
import { stringOf, Tags } from '@sandyq/dicom';
import { CodecError } from '../codec-errors.ts';
import { type FrameAttributes, greyOf } from './grey-of-data-set.ts';
import type { Shading } from './make-picture.ts';
import { paletteOf } from './tables-of-data-set.ts';

const GREY = new Set(['MONOCHROME1', 'MONOCHROME2', '']);

/**
 * The shading of a frame.
 * @param photometricInterpretation of the decoded frame, which decoding may have changed
 * @throws CodecError 'unsupported' where a palette is missing
 */
export function shadingOf(frame: FrameAttributes, photometricInterpretation: string): Shading {
  const { dataSet, byteOrder } = frame;
  if (GREY.has(photometricInterpretation)) {
    return { kind: 'grey', ...greyOf(frame), supplemental: supplementalOf(frame) };
  }
  if (photometricInterpretation !== 'PALETTE COLOR') return { kind: 'colour' };
  const palette = paletteOf(dataSet, byteOrder);
  if (palette === undefined) throw new CodecError('unsupported', 'palette colour without a palette');
  return { kind: 'colour', palette };
}

/** Grey images with Pixel Presentation COLOR or MIXED bring colours for their highest values (C.7.6.23). */
function supplementalOf({ dataSet, byteOrder }: FrameAttributes) {
  const presentation = stringOf(dataSet, Tags.PixelPresentation);
  const isColour = presentation === 'COLOR' || presentation === 'MIXED';
  return isColour ? paletteOf(dataSet, byteOrder) : undefined;
}
