/** JPEG (ISO/IEC 10918-1) and JPEG-LS (ISO/IEC 14495-1) frames. */
import { CodecError } from '../codec-errors.ts';
import { decodeWith } from '../codecs/emscripten.ts';
import { decodeNative } from '../codecs/native-codecs.ts';
import { endsIn } from '../codestream/byte-reader.ts';
import { requireSameImage } from '../codestream/codestream-header.ts';
import { type JpegCodestream, readJpegCodestream } from '../codestream/jpeg-codestream.ts';
import type { DecodedFrame, FrameShape } from '../decoded-frame.ts';
import type { CodecSet } from './codec-set.ts';
import { samplesOf } from './samples-of.ts';

/** Decodes by the process that the frame header names. @throws CodecError */
export async function decodeJpeg(
  encoded: Uint8Array,
  shape: FrameShape,
  codecs: CodecSet,
): Promise<DecodedFrame> {
  const header = readJpegCodestream(encoded);
  requireSameImage(header, shape);
  if (header.process === 'other') throw new CodecError('unsupported', 'hierarchical or arithmetic JPEG');
  const decoded = await (header.process === 'jpeg-ls'
    ? decodeJpegLs(encoded, header, codecs)
    : decodeIjg(encoded, header, shape, codecs));
  return {
    ...shape,
    planarConfiguration: 0,
    photometricInterpretation: isConverted(header, shape) ? 'RGB' : shape.photometricInterpretation,
    samples: samplesOf(decoded, { ...header, isSigned: false }, shape),
  };
}

async function decodeJpegLs(
  encoded: Uint8Array,
  header: JpegCodestream,
  codecs: CodecSet,
): Promise<Uint8Array<ArrayBuffer>> {
  const needed = encoded.length + 2 * header.rows * header.columns * header.components * 2;
  return codecs.charls.run(needed, ({ binding }) => decodeWith(new binding.JpegLSDecoder(), encoded));
}

async function decodeIjg(
  encoded: Uint8Array,
  header: JpegCodestream,
  shape: FrameShape,
  codecs: CodecSet,
): Promise<Uint8Array<ArrayBuffer>> {
  const { components } = header;
  const isYcbcr = isConverted(header, shape);
  const image = {
    ...header,
    isSigned: false,
    colour: components !== 3 ? 'grey' : isYcbcr ? 'ycbcr' : 'rgb',
  } as const;
  const needed = encoded.length + 4 * header.rows * header.columns * components * 2;
  return codecs.native.run(needed, (instance) => {
    const decoded = decodeNative(instance, 'DecodeJpeg', encoded, image, isYcbcr);
    const damage = instance.messages.find((message) => damageReport.test(message));
    if (damage !== undefined) throw damageError(damage);
    return decoded;
  });
}

/**
 * libjpeg fills what is missing with grey and only warns; its warnings are words. Bytes that are too many
 * ("extraneous bytes before marker") do no harm and are common.
 */
const damageReport =
  /Corrupt JPEG data: (?!\d+ extraneous)|Premature end|Inconsistent progression|too few scanlines/;

function damageError(message: string): CodecError {
  if (/premature end/i.test(message)) return endsIn('the compressed data');
  return new CodecError('malformed-codestream', 'the compressed data is damaged');
}

/**
 * Whether lossy JPEG's YCbCr is to become RGB. What the code stream says of its colour is believed before the data set:
 * toolkits write it, while Photometric Interpretation is often left as it was before compression.
 */
function isConverted(
  { process, components, colour }: JpegCodestream,
  { photometricInterpretation }: FrameShape,
): boolean {
  if (components !== 3 || process === 'lossless' || process === 'jpeg-ls') return false;
  return (colour ?? (photometricInterpretation.startsWith('YBR') ? 'ycbcr' : 'rgb')) === 'ycbcr';
}
