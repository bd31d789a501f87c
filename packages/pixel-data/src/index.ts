/** The only entrance of @sandyq/pixel-data. */
export { canonicalSamples } from './canonical-samples.ts';
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
export type { DisplayShutter, ShutterShape } from './picture/display-shutter.ts';
export {
  type AnimationOptions,
  type EncodeOptions,
  encodeAnimation,
  encodePicture,
  type ImageMediaType,
  type ProfileChoice,
  scaledPicture,
} from './picture/encode-picture.ts';
export { textFontFamily } from './picture/fonts.ts';
export { functionalGroup } from './picture/functional-groups.ts';
export {
  type FrameAttributes,
  isSignedOutput,
  modalityLutOf,
  voiLutOfItem,
} from './picture/grey-of-data-set.ts';
export { type GreyOptions, greyPicture, type Picture } from './picture/grey-picture.ts';
export {
  fullWindow,
  type GreyTransform,
  type ModalityLut,
  modalityValue,
  shadeFunction,
  type VoiFunction,
  type VoiLut,
} from './picture/grey-transform.ts';
export { type LookupTable, readLookupTable } from './picture/lookup-table.ts';
export { makePicture, type OverlaySource, type PictureRecipe, type Shading } from './picture/make-picture.ts';
export { type OverlayPlane, overlayInSamples, withOverlay } from './picture/overlay.ts';
export { overlaysOf } from './picture/overlays-of-data-set.ts';
export {
  beforeOrientation,
  type Orientation,
  type PixelRegion,
  quarterTurnsOf,
  upsideDown,
} from './picture/picture-geometry.ts';
export { aspectOf, pixelAspectOf, squarePixels } from './picture/pixel-aspect.ts';
export { valuesOf } from './picture/sample-values.ts';
export { shadingOf } from './picture/shading-of-data-set.ts';
export { tableOfItem } from './picture/tables-of-data-set.ts';
export { type CornerText, cornerTextElements, escapeXml, textElement } from './picture/text-lines.ts';
export { CodecPool, type CodecPoolOptions, type CodecTaskOptions } from './pool/codec-pool.ts';
export {
  type CodecLimits,
  type CodecSet,
  createCodecSet,
  defaultCodecLimits,
} from './transcode/codec-set.ts';
export { decodeFrame, type FrameSyntax, isDecodable } from './transcode/decode-frame.ts';
export { type EncodedFrame, encodableSyntaxes, encodeFrame } from './transcode/encode-frame.ts';
