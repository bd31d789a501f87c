/** JPEG XL (ISO/IEC 18181) frames, also those that hold a JPEG whole (JPEG recompression). */
import { CodecError } from '../codec-errors.ts';
import { decodeNative } from '../codecs/native-codecs.ts';
import { requireSameImage } from '../codestream/codestream-header.ts';
import { readJpegXlCodestream } from '../codestream/jpeg-xl-codestream.ts';
import type { DecodedFrame, FrameShape } from '../decoded-frame.ts';
import type { CodecSet } from './codec-set.ts';
import { samplesOf } from './samples-of.ts';

const mostPrecision = 16;

/** Decodes; colour comes back as RGB, since libjxl undoes its own and JPEG's transforms. @throws CodecError */
export async function decodeJpegXl(
  encoded: Uint8Array,
  shape: FrameShape,
  codecs: CodecSet,
): Promise<DecodedFrame> {
  const components = shape.samplesPerPixel;
  const header = { ...readJpegXlCodestream(encoded), components };
  requireSameImage(header, shape);
  if (header.precision > mostPrecision || shape.pixelRepresentation === 1) {
    throw new CodecError(
      'unsupported',
      `JPEG XL of ${header.precision} bits, signed: ${shape.pixelRepresentation === 1}`,
    );
  }
  const isColour = components === 3;
  const image = { ...header, isSigned: false, colour: isColour ? 'rgb' : 'grey' } as const;
  const needed = encoded.length + 16 * header.rows * header.columns * components;
  const decoded = await codecs.native.run(needed, (instance) =>
    decodeNative(instance, 'DecodeJpegXl', encoded, image),
  );
  const isConverted = isColour && shape.photometricInterpretation.startsWith('YBR');
  return {
    ...shape,
    planarConfiguration: 0,
    photometricInterpretation: isConverted ? 'RGB' : shape.photometricInterpretation,
    samples: samplesOf(decoded, { ...header, isSigned: false }, shape),
  };
}
