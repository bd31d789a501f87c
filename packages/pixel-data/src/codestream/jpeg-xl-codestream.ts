/** Size and depth of a JPEG XL image (ISO/IEC 18181-1 Annex D, 18181-2): the first bits of its code stream. */
import { CodecError } from '../codec-errors.ts';
import { endsIn, malformed, uint32At } from './byte-reader.ts';

/** What the first bits say; the number of components is known only to the codec. */
export interface JpegXlCodestream {
  readonly rows: number;
  readonly columns: number;
  readonly precision: number;
}

/**
 * Reads the image size and bit depth of a bare code stream or of one in a file of boxes.
 * @throws CodecError 'truncated-codestream', 'malformed-codestream', 'unsupported' (floating point)
 */
export function readJpegXlCodestream(encoded: Uint8Array): JpegXlCodestream {
  const bytes = withoutFileBoxes(encoded);
  if (bytes[0] !== 0xff || bytes[1] !== 0x0a) throw malformed('no JPEG XL start marker');
  const bits = bitReader(bytes.subarray(2));
  const { rows, columns } = readSize(bits);
  return { rows, columns, precision: readPrecision(bits) };
}

/** The code stream is the content of the box `jxlc`, or of the first `jxlp` behind its four bytes of index. */
function withoutFileBoxes(bytes: Uint8Array): Uint8Array {
  if (bytes[0] === 0xff) return bytes;
  let offset = 0;
  while (offset < bytes.length) {
    const stated = uint32At(bytes, offset);
    const type = uint32At(bytes, offset + 4);
    const headerBytes = stated === 1 ? 16 : 8;
    const length =
      stated === 1 ? uint32At(bytes, offset + 8) * 2 ** 32 + uint32At(bytes, offset + 12) : stated;
    if (type === 0x6a786c63) return bytes.subarray(offset + headerBytes);
    if (type === 0x6a786c70) return bytes.subarray(offset + headerBytes + 4);
    if (length < headerBytes) throw malformed('JPEG XL box without a code stream behind it');
    offset += length;
  }
  throw endsIn('the boxes of a JPEG XL file: there is no code stream');
}

type ReadBits = (count: number) => number;

/** Bits from the lowest of each byte on. */
function bitReader(bytes: Uint8Array): ReadBits {
  let position = 0;
  return (count) => {
    let value = 0;
    for (let index = 0; index < count; index++, position++) {
      const byte = bytes[position >> 3];
      if (byte === undefined) throw endsIn('the JPEG XL header');
      value += ((byte >> (position & 7)) & 1) * 2 ** index;
    }
    return value;
  };
}

/** SizeHeader (D.2): the width follows from a ratio, or is written as the height is. */
function readSize(bits: ReadBits): { readonly rows: number; readonly columns: number } {
  const isSmall = bits(1) === 1;
  const readLength = () => (isSmall ? (bits(5) + 1) * 8 : bits([9, 13, 18, 30][bits(2)] ?? 30) + 1);
  const rows = readLength();
  const ratio = ratios[bits(3)];
  return { rows, columns: ratio === undefined ? readLength() : Math.floor((rows * ratio[0]) / ratio[1]) };
}

const ratios: readonly (readonly [number, number] | undefined)[] = [
  undefined,
  [1, 1],
  [12, 10],
  [4, 3],
  [3, 2],
  [16, 9],
  [5, 4],
  [2, 1],
];

/** ImageMetadata (D.3) as far as its bit depth. */
function readPrecision(bits: ReadBits): number {
  const isAllDefault = bits(1) === 1;
  if (isAllDefault) return 8;
  if (bits(1) === 1) {
    bits(3);
    if (bits(1) === 1) readSize(bits);
    if (bits(1) === 1 || bits(1) === 1)
      throw new CodecError('unsupported', 'JPEG XL with a preview or an animation');
  }
  if (bits(1) === 1) throw new CodecError('unsupported', 'JPEG XL of floating point samples');
  const choice = bits(2);
  return [8, 10, 12][choice] ?? bits(6) + 1;
}
