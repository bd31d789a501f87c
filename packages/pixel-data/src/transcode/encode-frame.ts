/** Encodes one native frame without loss, in this thread. Serving processes use the pool. */
import { type TransferSyntax, TransferSyntaxes } from '@sandyq/dicom';
import { CodecError } from '../codec-errors.ts';
import { interleavedBySample } from '../codecs/charls.ts';
import { type EmscriptenFrameInfo, encodeWith } from '../codecs/emscripten.ts';
import { encodeNative } from '../codecs/native-codecs.ts';
import { progressionRpcl } from '../codecs/openjph.ts';
import { encodeRle } from '../codecs/rle.ts';
import { type DecodedFrame, type FrameShape, frameBytesOf } from '../decoded-frame.ts';
import type { CodecSet } from './codec-set.ts';
import { interleave, lowBytes, unpackBits } from './containers.ts';
import { precisionOf } from './precision.ts';

/** A frame in the form of a transfer syntax, and the attributes that the data set must have with it. */
export interface EncodedFrame {
  /** Of even length. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly photometricInterpretation: string;
  readonly planarConfiguration: number;
}

/** The transfer syntaxes that encodeFrame writes. All are lossless: a lossy copy would need a new SOP Instance UID. */
export const encodableSyntaxes: readonly TransferSyntax[] = [
  TransferSyntaxes.ExplicitVRLittleEndian,
  TransferSyntaxes.RLELossless,
  TransferSyntaxes.JPEGLSLossless,
  TransferSyntaxes.JPEG2000Lossless,
  TransferSyntaxes.HTJ2KLossless,
  TransferSyntaxes.HTJ2KLosslessRPCL,
];

/** A frame as codecs take it: sample by sample, bytes or words, with the bits that are in use. */
interface Image {
  readonly samples: Uint8Array;
  readonly precision: number;
  readonly isSigned: boolean;
  readonly frame: FrameShape;
}

/**
 * Encodes a frame so that decodeFrame gives the same samples back, bits above Bits Stored included.
 * @throws CodecError 'unsupported' where the target is not one of encodableSyntaxes or has no such samples, 'too-large',
 * 'out-of-memory', 'description-mismatch' where the samples are not those of the shape
 */
export async function encodeFrame(
  frame: DecodedFrame,
  syntax: TransferSyntax,
  codecs: CodecSet,
): Promise<EncodedFrame> {
  const { photometricInterpretation, planarConfiguration, samples } = frame;
  if (samples.length > codecs.limits.mostFrameBytes) {
    throw new CodecError(
      'too-large',
      `a frame of ${samples.length} bytes, the limit is ${codecs.limits.mostFrameBytes}`,
    );
  }
  if (syntax.uid === TransferSyntaxes.ExplicitVRLittleEndian.uid) {
    return { bytes: evenLength(Uint8Array.from(samples)), photometricInterpretation, planarConfiguration };
  }
  requirePlainSamples(frame);
  const interleaved = bySample(frame);
  if (syntax.uid === TransferSyntaxes.RLELossless.uid) {
    return {
      bytes: evenLength(encodeRle(interleaved, frame)),
      photometricInterpretation,
      planarConfiguration: 0,
    };
  }
  const image = imageOf(interleaved, frame);
  const encoded = await orUnsupported(encodeImage(image, syntax, codecs));
  return {
    bytes: evenLength(encoded.bytes),
    photometricInterpretation: encoded.colour,
    planarConfiguration: 0,
  };
}

interface EncodedImage {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly colour: string;
}

/** A codec that gives up has met no damage here: CharLS has no room for samples that grow when they are compressed. */
async function orUnsupported(encoding: Promise<EncodedImage>): Promise<EncodedImage> {
  try {
    return await encoding;
  } catch (error) {
    if (!(error instanceof CodecError) || error.code !== 'malformed-codestream') throw error;
    throw new CodecError('unsupported', 'the codec can not compress these samples', { cause: error });
  }
}

async function encodeImage(image: Image, syntax: TransferSyntax, codecs: CodecSet): Promise<EncodedImage> {
  const colour = image.frame.photometricInterpretation;
  switch (syntax.uid) {
    case TransferSyntaxes.JPEGLSLossless.uid:
      return { bytes: await encodeJpegLs(image, codecs), colour };
    case TransferSyntaxes.JPEG2000Lossless.uid:
      return encodeJpeg2000(image, codecs);
    case TransferSyntaxes.HTJ2KLossless.uid:
    case TransferSyntaxes.HTJ2KLosslessRPCL.uid:
      return encodeHtj2k(image, syntax.uid === TransferSyntaxes.HTJ2KLosslessRPCL.uid, codecs);
    default:
      throw new CodecError('unsupported', `${syntax.name} is not written`);
  }
}

/** JPEG-LS knows no sign: negative samples go in as their whole container, as PS3.5 §8.2.3 has it. */
async function encodeJpegLs(image: Image, codecs: CodecSet): Promise<Uint8Array<ArrayBuffer>> {
  const { frame, isSigned, precision } = image;
  if (precision < 2) throw unsupported('JPEG-LS of single bits');
  const bits = isSigned ? frame.bitsAllocated : precision;
  const info = infoOf(image, { bitsPerSample: bits, isSigned: false });
  return codecs.charls.run(neededBytes(frame), ({ binding }) => {
    const encoder = new binding.JpegLSEncoder();
    encoder.setNearLossless(0);
    if (frame.samplesPerPixel > 1) encoder.setInterleaveMode(interleavedBySample);
    return encodeWith(encoder, image.samples, info);
  });
}

async function encodeJpeg2000(image: Image, codecs: CodecSet): Promise<EncodedImage> {
  const { frame, samples, precision, isSigned } = image;
  const { samplesPerPixel, photometricInterpretation: colour, rows, columns } = frame;
  if (samplesPerPixel > 1 && precision > 8) throw unsupported('JPEG 2000 colour of more than 8 bits');
  if (isSigned && precision <= 8) throw unsupported('JPEG 2000 of signed bytes');
  if (samplesPerPixel === 3 && Math.min(rows, columns) < 2) throw unsupported('JPEG 2000 colour of one line');
  if (samplesPerPixel === 3 && colour !== 'RGB') {
    const native = { rows, columns, components: 3, precision, isSigned, colour: 'ycbcr' } as const;
    const bytes = await codecs.native.run(neededBytes(frame), (instance) =>
      encodeNative(instance, samples, native),
    );
    return { bytes, colour };
  }
  const bytes = await codecs.openJpeg.run(neededBytes(frame), ({ binding }) => {
    const encoder = new binding.J2KEncoder();
    encoder.setQuality(true, 0);
    encoder.setDecompositions(decompositionsOf(frame));
    return encodeWith(encoder, samples, infoOf(image));
  });
  return { bytes, colour: samplesPerPixel === 3 ? 'YBR_RCT' : colour };
}

async function encodeHtj2k(image: Image, isRpcl: boolean, codecs: CodecSet): Promise<EncodedImage> {
  const { frame, samples, precision, isSigned } = image;
  const { samplesPerPixel, photometricInterpretation: colour } = frame;
  if (isSigned && precision <= 8) throw unsupported('HTJ2K of signed bytes');
  if (samplesPerPixel > 1 && (colour !== 'RGB' || precision > 8))
    throw unsupported('HTJ2K colour that is not 8-bit RGB');
  const bytes = await codecs.openJph.run(neededBytes(frame), ({ binding }) => {
    const encoder = new binding.HTJ2KEncoder();
    encoder.setQuality(true, 0);
    encoder.setDecompositions(decompositionsOf(frame));
    if (isRpcl) {
      encoder.setProgressionOrder(progressionRpcl);
      encoder.setTLMMarker(true);
      encoder.setTilePartDivisionsAtResolutions(true);
    }
    return encodeWith(encoder, samples, infoOf(image, { isUsingColorTransform: samplesPerPixel === 3 }));
  });
  return { bytes, colour: samplesPerPixel === 3 ? 'YBR_RCT' : colour };
}

function requirePlainSamples(frame: DecodedFrame): void {
  if (frame.pixelRepresentation === undefined)
    throw unsupported('floating point samples in a compressed syntax');
  const expected = frameBytesOf(frame);
  if (frame.samples.length === expected) return;
  const isSubsampled = frame.samplesPerPixel === 3 && frame.photometricInterpretation.endsWith('422');
  if (isSubsampled) throw unsupported('native samples with subsampled chroma in a compressed syntax');
  throw new CodecError(
    'description-mismatch',
    `${frame.samples.length} bytes of samples, the shape needs ${expected}`,
  );
}

function bySample({
  samples,
  planarConfiguration,
  samplesPerPixel,
  bitsAllocated,
}: DecodedFrame): Uint8Array {
  return planarConfiguration === 1 && samplesPerPixel > 1
    ? interleave(samples, samplesPerPixel, bitsAllocated / 8)
    : samples;
}

function imageOf(samples: Uint8Array, frame: DecodedFrame): Image {
  const { bitsAllocated, rows, columns, samplesPerPixel } = frame;
  if (samplesPerPixel !== 1 && samplesPerPixel !== 3) throw unsupported(`${samplesPerPixel} samples a pixel`);
  if (bitsAllocated === 1) {
    return { samples: unpackBits(samples, rows * columns), precision: 1, isSigned: false, frame };
  }
  if (bitsAllocated !== 8 && bitsAllocated !== 16) throw unsupported(`${bitsAllocated} bits allocated`);
  const isSigned = frame.pixelRepresentation === 1;
  const precision = precisionOf(samples, frame);
  if (bitsAllocated === 8 || precision > 8) return { samples, precision, isSigned, frame };
  // Codecs take bytes for up to 8 bits; signed words stay words, of one bit more than they use.
  return isSigned
    ? { samples, precision: 9, isSigned, frame }
    : { samples: lowBytes(samples), precision, isSigned, frame };
}

function infoOf(
  { frame, precision, isSigned }: Image,
  overrides: Partial<EmscriptenFrameInfo> = {},
): EmscriptenFrameInfo {
  return {
    width: frame.columns,
    height: frame.rows,
    bitsPerSample: precision,
    componentCount: frame.samplesPerPixel,
    isSigned,
    ...overrides,
  };
}

/** Five levels of wavelet, fewer for frames too small for them. */
function decompositionsOf({ rows, columns }: FrameShape): number {
  return Math.min(5, Math.floor(Math.log2(Math.min(rows, columns))));
}

function neededBytes(frame: FrameShape): number {
  return 6 * frame.rows * frame.columns * frame.samplesPerPixel;
}

function evenLength(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (bytes.length % 2 === 0) return bytes;
  const even = new Uint8Array(bytes.length + 1);
  even.set(bytes);
  return even;
}

function unsupported(what: string): CodecError {
  return new CodecError('unsupported', `${what}: no codec here writes it`);
}
