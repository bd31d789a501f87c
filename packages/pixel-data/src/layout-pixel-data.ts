/** Says where each frame lies in the received bytes, so that retrieval reads one range and has the frame. */
import type { PixelDataElement } from '@sandyq/dicom';
import type { PixelDescription } from './describe-pixels.ts';
import type { LaidOutPixelData, LayoutSyntax } from './laid-out-pixel-data.ts';
import { layoutEncapsulated } from './layout-encapsulated.ts';
import { layoutNative } from './layout-native.ts';

/**
 * Lays out the pixel data element that the reader found. `layout.frames` counts what can be asked for as a frame:
 * - native: Number of Frames (1 where absent);
 * - encapsulated: the same; each frame is a run of fragments. Looked for in this order: one fragment a frame, one
 *   frame of all fragments, codestream starts, Extended Offset Table, Basic Offset Table (PS3.5 §A.4, PS3.3 C.7.6.3.1.8);
 * - video (PS3.5 §8.2.5–8.2.9, §A.4.5–A.4.7): 1, the whole stream as stored, whatever Number of Frames says, because
 *   its pictures depend on one another;
 * - pixel data that is empty or not described: 0.
 * @throws PixelDataError 'pixel-data-too-short', 'too-few-fragments', 'frames-not-separable'
 */
export function layoutPixelData(
  pixelData: PixelDataElement,
  description: PixelDescription | undefined,
  syntax: LayoutSyntax,
): LaidOutPixelData {
  return pixelData.kind === 'native'
    ? layoutNative(pixelData, description, syntax)
    : layoutEncapsulated(pixelData, description, syntax);
}
