/** In which transfer syntax bulk pixel data come (PS3.18 Tables 8.7.3-4 and 8.7.3-5, §10.5.2). */
import { type TransferSyntax, TransferSyntaxes, transferSyntaxOf } from '@sandyq/dicom';
import { essenceOf, type MediaType, mediaTypeOfPixelData, octetStream } from '@sandyq/dicomweb';
import { RefusedError } from '../reception/fault.ts';

/** Names that older editions and other senders use. */
const aliases: Readonly<Record<string, string>> = {
  'image/x-dicom-rle': 'image/dicom-rle',
  'image/x-jls': 'image/jls',
  'image/jpg': 'image/jpeg',
  'video/mpeg2': 'video/mpeg',
};

/** What the media type means where no transfer syntax is named: the defaults of PS3.18 Table 8.7.3-5. */
const defaults: Readonly<Record<string, TransferSyntax>> = {
  'image/jpeg': TransferSyntaxes.JPEGLosslessSV1,
  'image/dicom-rle': TransferSyntaxes.RLELossless,
  'image/jls': TransferSyntaxes.JPEGLSLossless,
  'image/jp2': TransferSyntaxes.JPEG2000Lossless,
  'image/jpx': TransferSyntaxes.JPEG2000MCLossless,
  'image/jphc': TransferSyntaxes.HTJ2KLossless,
  'image/jxl': TransferSyntaxes.JPEGXLLossless,
  'video/mpeg': TransferSyntaxes.MPEG2MPML,
  'video/mp4': TransferSyntaxes.MPEG4HP41,
  'video/h265': TransferSyntaxes.HEVCMP51,
};

/** Syntaxes whose native pixel data are what application/octet-stream means (PS3.18 §8.7.3.3.1). */
const native: ReadonlySet<TransferSyntax> = new Set([
  TransferSyntaxes.ExplicitVRLittleEndian,
  TransferSyntaxes.ImplicitVRLittleEndian,
]);

/**
 * The encapsulated syntax of a part of pixel data; undefined: it is uncompressed. The part's `transfer-syntax` parameter
 * says it, else the first of `hints` that fits its media type, else the table.
 *
 * @throws RefusedError 'transfer-syntax-not-supported', 'bulk-data-mismatch', 'unsupported-media-type'
 */
export function pixelSyntaxOf(
  mediaType: MediaType,
  hints: readonly (string | undefined)[],
): TransferSyntax | undefined {
  const essence = essenceOf(mediaType).toLowerCase();
  const name = aliases[essence] ?? essence;
  const stated = mediaType.parameters.get('transfer-syntax');
  if (stated !== undefined && stated !== '*') return statedSyntax(stated, name);
  if (name === octetStream) return undefined;
  const hinted = hints
    .map((uid) => uid && transferSyntaxOf(uid))
    .find((syntax) => syntax && fits(syntax, name));
  const syntax = hinted || defaults[name];
  if (syntax !== undefined) return syntax;
  throw new RefusedError({
    reason: 'unsupported-media-type',
    message: 'pixel data came as a media type that PS3.18 Table 8.7.3-5 does not have',
  });
}

function statedSyntax(uid: string, name: string): TransferSyntax | undefined {
  const syntax = transferSyntaxOf(uid);
  if (syntax === undefined) {
    throw new RefusedError({
      reason: 'transfer-syntax-not-supported',
      message: 'the transfer-syntax parameter of a part of bulk data is none of PS3.6 Table A-1',
    });
  }
  if (name === octetStream && native.has(syntax)) return undefined;
  if (syntax.encapsulated && (name === octetStream || fits(syntax, name))) return syntax;
  throw new RefusedError({
    reason: 'bulk-data-mismatch',
    message: 'the transfer-syntax parameter of a part of bulk data does not fit its media type',
  });
}

function fits(syntax: TransferSyntax, name: string): boolean {
  return syntax.encapsulated && mediaTypeOfPixelData(syntax).toLowerCase() === name;
}
