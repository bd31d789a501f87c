/** Which media type carries which compressed pixel data (PS3.18 Table 8.7.3-5, §8.7.3.5). */
import { type Compression, type TransferSyntax, TransferSyntaxes } from '@sandyq/dicom';

/** Media type of uncompressed frames and of bulk data (PS3.18 Table 8.7.3-4). */
export const octetStream = 'application/octet-stream';

const mediaTypes: Readonly<Partial<Record<Compression, string>>> = {
  'jpeg-baseline': 'image/jpeg',
  'jpeg-extended': 'image/jpeg',
  'jpeg-spectral-selection': 'image/jpeg',
  'jpeg-full-progression': 'image/jpeg',
  'jpeg-hierarchical': 'image/jpeg',
  'jpeg-lossless': 'image/jpeg',
  'jpeg-ls': 'image/jls',
  'jpeg-2000': 'image/jp2',
  'jpeg-2000-part-2': 'image/jpx',
  htj2k: 'image/jphc',
  'jpeg-xl': 'image/jxl',
  rle: 'image/dicom-rle',
  mpeg2: 'video/mpeg',
  h264: 'video/mp4',
  h265: 'video/H265',
};

/**
 * Media type of a frame (video: of the stream) as it is stored in a transfer syntax.
 * Compressions that PS3.18 gives no media type (deflated frames) go as application/octet-stream with the
 * transfer-syntax parameter.
 */
export function mediaTypeOfPixelData(syntax: TransferSyntax): string {
  return mediaTypes[syntax.compression] ?? octetStream;
}

/** Whether the pixel data is one video stream, so that frames cannot be had one by one (PS3.5 §8.2.5 and on). */
export function isVideo(syntax: TransferSyntax): boolean {
  return syntax.compression === 'mpeg2' || syntax.compression === 'h264' || syntax.compression === 'h265';
}

/** Those that a media type without a transfer-syntax parameter means (D of PS3.18 Table 8.7.3-5). */
const defaultSyntaxes: ReadonlySet<string> = new Set([
  TransferSyntaxes.JPEGLosslessSV1.uid,
  TransferSyntaxes.RLELossless.uid,
  TransferSyntaxes.JPEGLSLossless.uid,
  TransferSyntaxes.JPEG2000Lossless.uid,
  TransferSyntaxes.JPEG2000MCLossless.uid,
  TransferSyntaxes.HTJ2KLossless.uid,
  TransferSyntaxes.JPEGXLLossless.uid,
]);

/** Whether a syntax is the default one of its media type. */
export function isDefaultOfMediaType({ uid }: TransferSyntax): boolean {
  return defaultSyntaxes.has(uid);
}
