/** Decodes one compressed frame, whatever its transfer syntax, in this thread. Serving processes use the pool. */
import { inflateRawSync } from 'node:zlib';
import type { Compression, TransferSyntax } from '@sandyq/dicom';
import { CodecError } from '../codec-errors.ts';
import { decodeRle } from '../codecs/rle.ts';
import { endsIn, malformed } from '../codestream/byte-reader.ts';
import { type DecodedFrame, type FrameShape, frameBytesOf, shapeOf } from '../decoded-frame.ts';
import { bitsPerFrame, type PixelDescription, unsubsampledBitsPerFrame } from '../describe-pixels.ts';
import type { CodecSet } from './codec-set.ts';
import { packBits } from './containers.ts';
import { decodeJpeg } from './decode-jpeg.ts';
import { decodeJpeg2000 } from './decode-jpeg-2000.ts';
import { decodeJpegXl } from './decode-jpeg-xl.ts';

/** What of a transfer syntax decoding depends on. */
export type FrameSyntax = Pick<TransferSyntax, 'compression'>;

const undecodable: ReadonlySet<Compression> = new Set([
  'mpeg2',
  'h264',
  'h265',
  'jpeg-hierarchical',
  'jpip',
  'smpte-2110',
  'other',
]);

/** Whether there is a codec for the frames of a transfer syntax; single frames can still be refused. */
export function isDecodable({ compression }: FrameSyntax): boolean {
  return !undecodable.has(compression);
}

/**
 * Decodes a frame as joinFragments gives it (trailing padding is allowed).
 * - JPEG, JPEG-LS and JPEG 2000 families: the code stream's own markers choose the process, because labels are often
 *   wrong within a family; it must be whole and announce the image of the description.
 * - Lossy JPEG in YCbCr and JPEG 2000 with RCT or ICT come back as RGB. Nothing else changes colour.
 * - Compressed colour comes back sample by sample; uncompressed and deflated frames keep their layout.
 * @throws CodecError
 */
export async function decodeFrame(
  encoded: Uint8Array,
  description: PixelDescription,
  syntax: FrameSyntax,
  codecs: CodecSet,
): Promise<DecodedFrame> {
  const shape = shapeOf(description);
  const bytes = frameBytesOf(shape);
  if (bytes > codecs.limits.mostFrameBytes) {
    throw new CodecError(
      'too-large',
      `a frame of ${bytes} bytes, the limit is ${codecs.limits.mostFrameBytes}`,
    );
  }
  switch (syntax.compression) {
    case 'none':
      return { ...shape, samples: uncompressed(encoded, description) };
    case 'deflated-frame':
      return { ...shape, samples: uncompressed(inflate(encoded, bytes), description) };
    case 'rle':
      return { ...shape, planarConfiguration: 0, samples: rleSamples(encoded, shape) };
    case 'jpeg-baseline':
    case 'jpeg-extended':
    case 'jpeg-spectral-selection':
    case 'jpeg-full-progression':
    case 'jpeg-lossless':
    case 'jpeg-ls':
      return decodeJpeg(encoded, shape, codecs);
    case 'jpeg-2000':
    case 'jpeg-2000-part-2':
    case 'htj2k':
      return decodeJpeg2000(encoded, shape, codecs);
    case 'jpeg-xl':
      return decodeJpegXl(encoded, shape, codecs);
    case 'mpeg2':
    case 'h264':
    case 'h265':
      throw new CodecError('video', 'video has no frames of its own: ask for the stream as stored');
    case 'jpeg-hierarchical':
    case 'jpip':
    case 'smpte-2110':
    case 'other':
      throw new CodecError('unsupported', `no codec for ${syntax.compression}`);
  }
  throw new CodecError('unsupported', 'unknown compression');
}

/** A native frame in a fragment: one byte of padding may follow; some writers call full chroma subsampled. */
function uncompressed(encoded: Uint8Array, description: PixelDescription): Uint8Array<ArrayBuffer> {
  const stated = Math.ceil(bitsPerFrame(description) / 8);
  const full = Math.ceil(unsubsampledBitsPerFrame(description) / 8);
  const bytes = encoded.length >= full ? full : stated;
  if (encoded.length < bytes) throw endsIn(`the samples: ${encoded.length} of ${bytes} bytes`);
  // Not slice(): a Buffer would share its memory.
  return Uint8Array.from(encoded.subarray(0, bytes));
}

/** PS3.5 §A.4.13: one raw deflate stream a frame; never more than the frame and a byte of padding comes out of it. */
function inflate(encoded: Uint8Array, bytes: number): Uint8Array {
  try {
    return inflateRawSync(encoded, { maxOutputLength: bytes + 1 });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'Z_BUF_ERROR') throw endsIn('the deflate stream');
    if (code === 'ERR_BUFFER_TOO_LARGE') throw malformed('the deflate stream holds more than the frame');
    throw new CodecError('malformed-codestream', 'the deflate stream is damaged', { cause: error });
  }
}

/** Single-bit frames are packed before RLE; writers that gave a byte to each pixel are understood too. */
function rleSamples(encoded: Uint8Array, shape: FrameShape): Uint8Array<ArrayBuffer> {
  if (shape.bitsAllocated !== 1) return decodeRle(encoded, shape);
  const unpacked = bytePerPixel(encoded, shape);
  return unpacked === undefined ? decodeRle(encoded, shape) : packBits(unpacked);
}

function bytePerPixel(encoded: Uint8Array, shape: FrameShape): Uint8Array | undefined {
  try {
    return decodeRle(encoded, { ...shape, bitsAllocated: 8 });
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}
