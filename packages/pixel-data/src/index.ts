/** The only entrance of @sandyq/pixel-data. */
export { CodecError, type CodecErrorCode, codecErrorCodes } from './codec-errors.ts';
export { type DecodedFrame, type FrameShape, frameBytesOf, shapeOf } from './decoded-frame.ts';
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
export { colourPicture, type Palette } from './picture/colour-picture.ts';
export { type GreyOptions, greyPicture, type Picture } from './picture/grey-picture.ts';
export {
  type GreyTransform,
  type ModalityLut,
  shadeFunction,
  type VoiFunction,
  type VoiLut,
} from './picture/grey-transform.ts';
export { type LookupTable, readLookupTable } from './picture/lookup-table.ts';
export { type OverlayPlane, overlayInSamples, withOverlay } from './picture/overlay.ts';
export { valuesOf } from './picture/sample-values.ts';
export { CodecPool, type CodecPoolOptions, type CodecTaskOptions } from './pool/codec-pool.ts';
export {
  type CodecLimits,
  type CodecSet,
  createCodecSet,
  defaultCodecLimits,
} from './transcode/codec-set.ts';
export { decodeFrame, type FrameSyntax } from './transcode/decode-frame.ts';
export { type EncodedFrame, encodableSyntaxes, encodeFrame } from './transcode/encode-frame.ts';
