/**
 * What the beginning of a compressed frame says of itself: enough for the Image Pixel attributes that a sender may leave out,
 * and for the transfer syntax it did not name (PS3.18 §10.5.2). Reads markers, decodes nothing.
 */
import { TransferSyntaxes } from '@sandyq/dicom';

/** What was found. */
export interface CodestreamFacts {
  readonly transferSyntaxUid: string;
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  /** Bits of a sample. */
  readonly precision: number;
  readonly isSigned: boolean;
  /** PS3.3 C.7.6.3.1.2, as PS3.5 §8.2 has it for the compression. */
  readonly photometricInterpretation: string;
}

/** Bytes of a frame that are looked at: application segments with profiles may come first. */
export const codestreamHeadBytes = 1024 * 1024;

/** The facts of a JPEG, JPEG-LS, JPEG 2000 or HTJ2K code stream; undefined for anything else. */
export function codestreamFactsOf(head: Uint8Array): CodestreamFacts | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  try {
    if (view.getUint16(0) === 0xffd8) return jpegFacts(view);
    if (view.getUint16(0) === 0xff4f) return jpeg2000Facts(view);
  } catch (error) {
    // The header ends before it has said everything.
    if (!(error instanceof RangeError)) throw error;
  }
  return undefined;
}

const startOfScan = 0xda;
const jfif = 0xe0;
const adobe = 0xee;

/** Start-of-frame markers (ISO/IEC 10918-1 Table B.1, ISO/IEC 14495-1 §C.1). */
const isStartOfFrame = (code: number): boolean =>
  (code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc) || code === 0xf7;

interface JpegFrame {
  readonly process: number;
  readonly precision: number;
  readonly rows: number;
  readonly columns: number;
  readonly components: number;
  /** 'RGB' as ids of components. */
  readonly isNamedRgb: boolean;
}

function jpegFacts(view: DataView): CodestreamFacts | undefined {
  let frame: JpegFrame | undefined;
  let saysYcbcr = false;
  let saysRgb = false;
  for (let offset = 2; ; ) {
    if (view.getUint8(offset) !== 0xff) return undefined;
    const code = view.getUint8(offset + 1);
    if (code === 0xff) {
      offset += 1;
      continue;
    }
    const segment = offset + 2;
    if (isStartOfFrame(code)) frame = jpegFrame(view, code, segment);
    else if (code === jfif) saysYcbcr = true;
    else if (code === adobe && view.getUint16(segment) >= 14) {
      saysRgb = view.getUint8(segment + 13) === 0;
      saysYcbcr ||= !saysRgb;
    } else if (code === startOfScan) {
      const isRgb = saysRgb || (!saysYcbcr && frame?.isNamedRgb === true);
      return frame && scanFacts(view, segment, frame, isRgb);
    }
    offset = segment + view.getUint16(segment);
  }
}

function jpegFrame(view: DataView, process: number, segment: number): JpegFrame {
  const components = view.getUint8(segment + 7);
  let ids = '';
  for (let index = 0; index < components; index += 1)
    ids += String.fromCharCode(view.getUint8(segment + 8 + 3 * index));
  return {
    process,
    precision: view.getUint8(segment + 2),
    rows: view.getUint16(segment + 3),
    columns: view.getUint16(segment + 5),
    components,
    isNamedRgb: ids === 'RGB',
  };
}

function scanFacts(
  view: DataView,
  segment: number,
  frame: JpegFrame,
  isRgb: boolean,
): CodestreamFacts | undefined {
  // Of lossless JPEG the predictor, of JPEG-LS the allowed error.
  const parameter = view.getUint8(segment + 3 + 2 * view.getUint8(segment + 2));
  const transferSyntaxUid = jpegSyntaxOf(frame.process, parameter);
  if (transferSyntaxUid === undefined) return undefined;
  const { rows, columns, components, precision } = frame;
  const isLossless = frame.process === 0xc3 || frame.process === 0xf7;
  const colour = isRgb || isLossless ? 'RGB' : 'YBR_FULL_422';
  return {
    transferSyntaxUid,
    rows,
    columns,
    samplesPerPixel: components,
    precision,
    isSigned: false,
    photometricInterpretation: components === 3 ? colour : 'MONOCHROME2',
  };
}

function jpegSyntaxOf(process: number, parameter: number): string | undefined {
  switch (process) {
    case 0xc0:
      return TransferSyntaxes.JPEGBaseline8Bit.uid;
    case 0xc1:
      return TransferSyntaxes.JPEGExtended12Bit.uid;
    case 0xc2:
      return TransferSyntaxes.JPEGFullProgressionNonHierarchical1012.uid;
    case 0xc3:
      return parameter === 1 ? TransferSyntaxes.JPEGLosslessSV1.uid : TransferSyntaxes.JPEGLossless.uid;
    case 0xf7:
      return parameter === 0 ? TransferSyntaxes.JPEGLSLossless.uid : TransferSyntaxes.JPEGLSNearLossless.uid;
    default:
      return undefined;
  }
}

const siz = 0xff51;
const cap = 0xff50;
const cod = 0xff52;
const startOfTilePart = 0xff90;

/** Main header (ISO/IEC 15444-1 Annex A.5, A.6; 15444-15 Annex A). */
function jpeg2000Facts(view: DataView): CodestreamFacts | undefined {
  let size:
    | Pick<CodestreamFacts, 'rows' | 'columns' | 'samplesPerPixel' | 'precision' | 'isSigned'>
    | undefined;
  let isHighThroughput = false;
  let coding: { readonly isReversible: boolean; readonly isColourTransformed: boolean } | undefined;
  for (let offset = 2; ; ) {
    const code = view.getUint16(offset);
    if (code === startOfTilePart) break;
    if (code < 0xff00) return undefined;
    const segment = offset + 2;
    if (code === siz) size = sizeOf(view, segment);
    if (code === cap) isHighThroughput = true;
    if (code === cod) {
      coding = {
        isColourTransformed: view.getUint8(segment + 6) === 1,
        isReversible: view.getUint8(segment + 11) === 1,
      };
    }
    offset = segment + view.getUint16(segment);
  }
  if (size === undefined || coding === undefined) return undefined;
  const { isReversible, isColourTransformed } = coding;
  const lossless = isHighThroughput ? TransferSyntaxes.HTJ2KLossless : TransferSyntaxes.JPEG2000Lossless;
  const lossy = isHighThroughput ? TransferSyntaxes.HTJ2K : TransferSyntaxes.JPEG2000;
  const transformed = isReversible ? 'YBR_RCT' : 'YBR_ICT';
  const colour = isColourTransformed ? transformed : 'RGB';
  return {
    ...size,
    transferSyntaxUid: isReversible ? lossless.uid : lossy.uid,
    photometricInterpretation: size.samplesPerPixel === 3 ? colour : 'MONOCHROME2',
  };
}

function sizeOf(view: DataView, segment: number) {
  const depth = view.getUint8(segment + 38);
  return {
    columns: view.getUint32(segment + 4) - view.getUint32(segment + 12),
    rows: view.getUint32(segment + 8) - view.getUint32(segment + 16),
    samplesPerPixel: view.getUint16(segment + 36),
    precision: (depth & 0x7f) + 1,
    isSigned: depth >= 0x80,
  };
}
