/** Which fragments begin a frame, from what the file says about it (PS3.5 §A.4): tables, codestream starts. */
import type { Compression, Fragment } from '@sandyq/dicom';

/**
 * Indexes of the first fragment of each frame as an offset table gives them; undefined where the table is not
 * one entry a frame, the first 0, rising, each at the start of a fragment's item (PS3.5 §A.4, PS3.3 C.7.6.3.1.8).
 */
export function firstFragmentsOfTable(
  offsets: readonly number[] | undefined,
  fragments: readonly Fragment[],
  frames: number,
): readonly number[] | undefined {
  if (offsets?.length !== frames || offsets[0] !== 0) return undefined;
  const origin = fragments[0]?.offset ?? 0;
  const starts: number[] = [];
  let next = 0;
  for (const offset of offsets) {
    while (next < fragments.length && (fragments[next]?.offset ?? 0) - origin < offset) next++;
    const fragment = fragments[next];
    if (fragment === undefined || fragment.offset - origin !== offset) return undefined;
    starts.push(next);
    next++;
  }
  return starts;
}

/**
 * Indexes of the fragments that begin with the start of a codestream; undefined where the compression has no
 * recognisable start, the first fragment has none, or their number is not that of the frames.
 */
export function firstFragmentsOfCodestreams(
  fragments: readonly Fragment[],
  compression: Compression,
  frames: number,
): readonly number[] | undefined {
  const starts = codestreamStarts(fragments, compression);
  return starts.length === frames && starts[0] === 0 ? starts : undefined;
}

/** Indexes of the fragments that begin with the start of a codestream; none where it cannot be recognised. */
export function codestreamStarts(
  fragments: readonly Fragment[],
  compression: Compression,
): readonly number[] {
  const isStart = codestreamTests[compression];
  const starts: number[] = [];
  for (const [index, { head }] of fragments.entries()) {
    if (isStart(head)) starts.push(index);
  }
  return starts;
}

/** JP2 and JPEG XL containers begin with a signature box of 12 bytes (ISO/IEC 15444-1 I.5.1, 18181-2). */
const signatureBox = 0x0000000c;

/** SOI and the first byte of the next marker (ISO/IEC 10918-1 B.1.1.3). */
const isJpeg = (head: number) => head >>> 8 === 0xffd8ff;
/** SOC and SIZ (ISO/IEC 15444-1 A.4), or a JP2 file, which PS3.5 §A.4.4 forbids but some writers embed. */
const isJpeg2000 = (head: number) => head >>> 0 === 0xff4fff51 || head === signatureBox;
const isJpegXl = (head: number) => head >>> 16 === 0xff0a || head === signatureBox;
/** RLE segments, deflated and native frames and video begin with anything. */
const isUnknown = () => false;

const codestreamTests: Readonly<Record<Compression, (head: number) => boolean>> = {
  'jpeg-baseline': isJpeg,
  'jpeg-extended': isJpeg,
  'jpeg-spectral-selection': isJpeg,
  'jpeg-full-progression': isJpeg,
  'jpeg-hierarchical': isJpeg,
  'jpeg-lossless': isJpeg,
  'jpeg-ls': isJpeg,
  'jpeg-2000': isJpeg2000,
  'jpeg-2000-part-2': isJpeg2000,
  htj2k: isJpeg2000,
  'jpeg-xl': isJpegXl,
  none: isUnknown,
  rle: isUnknown,
  'deflated-frame': isUnknown,
  mpeg2: isUnknown,
  h264: isUnknown,
  h265: isUnknown,
  jpip: isUnknown,
  'smpte-2110': isUnknown,
  other: isUnknown,
};
