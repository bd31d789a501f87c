/** The only entrance of @sandyq/pixel-data. */
export {
  bitsPerFrame,
  describePixels,
  type FrameCountSource,
  type PixelDescription,
} from './describe-pixels.ts';
export { PixelDataError, type PixelDataErrorCode, type PixelDataErrorNumbers } from './errors.ts';
export { extractFrame, extractNativeFrame, joinFragments } from './extract-frame.ts';
export {
  type EncapsulatedFrameRange,
  type FrameRange,
  frameRange,
  type NativeFrameRange,
} from './frame-range.ts';
export type { LaidOutPixelData, LayoutSyntax, PixelDataWarning } from './laid-out-pixel-data.ts';
export { layoutPixelData } from './layout-pixel-data.ts';
