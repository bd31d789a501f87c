/** JPEG 2000 (ISO/IEC 15444-1) and High-Throughput JPEG 2000 (15444-15) frames. */
import { CodecError } from '../codec-errors.ts';
import { decodeWith } from '../codecs/emscripten.ts';
import { decodeNative } from '../codecs/native-codecs.ts';
import { requireSameImage } from '../codestream/codestream-header.ts';
import { type Jpeg2000Codestream, readJpeg2000Codestream } from '../codestream/jpeg-2000-codestream.ts';
import type { DecodedFrame, FrameShape } from '../decoded-frame.ts';
import type { CodecSet } from './codec-set.ts';
import { samplesOf } from './samples-of.ts';

/** Beyond it the builds at hand give wrong samples without an error. */
const mostPrecision = 16;

/** Decodes with the block coder that the main header names. @throws CodecError */
export async function decodeJpeg2000(
  encoded: Uint8Array,
  shape: FrameShape,
  codecs: CodecSet,
): Promise<DecodedFrame> {
  const codestream = readJpeg2000Codestream(encoded);
  requireSameImage(codestream, shape);
  if (codestream.precision > mostPrecision) {
    throw new CodecError('unsupported', `JPEG 2000 of ${codestream.precision} bits`);
  }
  const decoded = await decode(codestream, codecs);
  return {
    ...shape,
    planarConfiguration: 0,
    photometricInterpretation: photometricInterpretationOf(codestream, shape),
    samples: samplesOf(decoded, codestream, shape),
  };
}

async function decode(codestream: Jpeg2000Codestream, codecs: CodecSet): Promise<Uint8Array<ArrayBuffer>> {
  const { bytes, rows, columns, components, isHighThroughput, isSigned, precision } = codestream;
  const needed = bytes.length + 6 * rows * columns * components;
  if (isHighThroughput)
    return codecs.openJph.run(needed, (instance) => {
      const decoded = decodeWith(new instance.binding.HTJ2KDecoder(), bytes);
      // OpenJPH fills what it cannot decode and says so; on a sound code stream it says nothing.
      if (instance.messages.length > 0)
        throw new CodecError('malformed-codestream', 'the compressed data is damaged');
      return decoded;
    });
  if (isSigned && precision <= 8) {
    const image = { ...codestream, colour: components === 3 ? 'rgb' : 'grey' } as const;
    return codecs.native.run(needed, (instance) => decodeNative(instance, 'DecodeJpeg2000', bytes, image));
  }
  return codecs.openJpeg.run(needed, ({ binding }) => {
    const decoded = decodeWith(new binding.J2KDecoder(), bytes);
    // All tile-parts are there: what OpenJPEG gives up on without a word is damaged, or too large for its memory.
    if (decoded.length === 0) throw new Error('OpenJPEG gave nothing');
    return decoded;
  });
}

/** YBR_RCT and YBR_ICT describe the code stream, never samples: without the transform in it they are a wrong label. */
function photometricInterpretationOf(
  codestream: Jpeg2000Codestream,
  { photometricInterpretation }: FrameShape,
): string {
  const isLabelled = photometricInterpretation === 'YBR_RCT' || photometricInterpretation === 'YBR_ICT';
  return isLabelled || (codestream.isColourTransformed && codestream.components === 3)
    ? 'RGB'
    : photometricInterpretation;
}
