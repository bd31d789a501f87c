/** PS3.6 Table A-1: one entry a transfer syntax, by keyword. Facts only. */
import type { Compression, TransferSyntax } from './transfer-syntax-type.ts';

type Lossy = TransferSyntax['lossy'];
type Overrides = Partial<Omit<TransferSyntax, 'uid' | 'name'>>;

const standardRoot = '1.2.840.10008.1.2';
const retired: Overrides = { retired: true };
const deflatedDataSet: Overrides = { deflated: true, encapsulated: false };

function native(uid: string, name: string, overrides: Overrides = {}): TransferSyntax {
  return {
    uid,
    name,
    byteOrder: 'little',
    pixelDataByteOrder: 'little',
    explicitVr: true,
    deflated: false,
    encapsulated: false,
    compression: 'none',
    lossy: 'never',
    retired: false,
    ...overrides,
  };
}

/** An encapsulated syntax under 1.2.840.10008.1.2. */
function compressed(
  suffix: string,
  name: string,
  compression: Compression,
  lossy: Lossy,
  overrides: Overrides = {},
): TransferSyntax {
  return native(`${standardRoot}.${suffix}`, name, { encapsulated: true, compression, lossy, ...overrides });
}

const h264 = 'MPEG-4 AVC/H.264';
const smpte = 'SMPTE ST 2110';

/** Every transfer syntax of PS3.6 Table A-1 by its keyword, and GE's private one. */
export const TransferSyntaxes = {
  ImplicitVRLittleEndian: native(standardRoot, 'Implicit VR Little Endian', { explicitVr: false }),
  ExplicitVRLittleEndian: native('1.2.840.10008.1.2.1', 'Explicit VR Little Endian'),
  EncapsulatedUncompressedExplicitVRLittleEndian: compressed(
    '1.98',
    'Encapsulated Uncompressed Explicit VR Little Endian',
    'none',
    'never',
  ),
  DeflatedExplicitVRLittleEndian: native(
    '1.2.840.10008.1.2.1.99',
    'Deflated Explicit VR Little Endian',
    deflatedDataSet,
  ),
  ExplicitVRBigEndian: native('1.2.840.10008.1.2.2', 'Explicit VR Big Endian', {
    byteOrder: 'big',
    pixelDataByteOrder: 'big',
    retired: true,
  }),
  JPEGBaseline8Bit: compressed('4.50', 'JPEG Baseline (Process 1)', 'jpeg-baseline', 'always'),
  JPEGExtended12Bit: compressed('4.51', 'JPEG Extended (Process 2 & 4)', 'jpeg-extended', 'always'),
  JPEGExtended35: compressed('4.52', 'JPEG Extended (Process 3 & 5)', 'jpeg-extended', 'always', retired),
  JPEGSpectralSelectionNonHierarchical68: compressed(
    '4.53',
    'JPEG Spectral Selection, Non-Hierarchical (Process 6 & 8)',
    'jpeg-spectral-selection',
    'always',
    retired,
  ),
  JPEGSpectralSelectionNonHierarchical79: compressed(
    '4.54',
    'JPEG Spectral Selection, Non-Hierarchical (Process 7 & 9)',
    'jpeg-spectral-selection',
    'always',
    retired,
  ),
  JPEGFullProgressionNonHierarchical1012: compressed(
    '4.55',
    'JPEG Full Progression, Non-Hierarchical (Process 10 & 12)',
    'jpeg-full-progression',
    'always',
    retired,
  ),
  JPEGFullProgressionNonHierarchical1113: compressed(
    '4.56',
    'JPEG Full Progression, Non-Hierarchical (Process 11 & 13)',
    'jpeg-full-progression',
    'always',
    retired,
  ),
  JPEGLossless: compressed('4.57', 'JPEG Lossless, Non-Hierarchical (Process 14)', 'jpeg-lossless', 'never'),
  JPEGLosslessNonHierarchical15: compressed(
    '4.58',
    'JPEG Lossless, Non-Hierarchical (Process 15)',
    'jpeg-lossless',
    'never',
    retired,
  ),
  JPEGExtendedHierarchical1618: compressed(
    '4.59',
    'JPEG Extended, Hierarchical (Process 16 & 18)',
    'jpeg-hierarchical',
    'always',
    retired,
  ),
  JPEGExtendedHierarchical1719: compressed(
    '4.60',
    'JPEG Extended, Hierarchical (Process 17 & 19)',
    'jpeg-hierarchical',
    'always',
    retired,
  ),
  JPEGSpectralSelectionHierarchical2022: compressed(
    '4.61',
    'JPEG Spectral Selection, Hierarchical (Process 20 & 22)',
    'jpeg-hierarchical',
    'always',
    retired,
  ),
  JPEGSpectralSelectionHierarchical2123: compressed(
    '4.62',
    'JPEG Spectral Selection, Hierarchical (Process 21 & 23)',
    'jpeg-hierarchical',
    'always',
    retired,
  ),
  JPEGFullProgressionHierarchical2426: compressed(
    '4.63',
    'JPEG Full Progression, Hierarchical (Process 24 & 26)',
    'jpeg-hierarchical',
    'always',
    retired,
  ),
  JPEGFullProgressionHierarchical2527: compressed(
    '4.64',
    'JPEG Full Progression, Hierarchical (Process 25 & 27)',
    'jpeg-hierarchical',
    'always',
    retired,
  ),
  JPEGLosslessHierarchical28: compressed(
    '4.65',
    'JPEG Lossless, Hierarchical (Process 28)',
    'jpeg-hierarchical',
    'never',
    retired,
  ),
  JPEGLosslessHierarchical29: compressed(
    '4.66',
    'JPEG Lossless, Hierarchical (Process 29)',
    'jpeg-hierarchical',
    'never',
    retired,
  ),
  JPEGLosslessSV1: compressed(
    '4.70',
    'JPEG Lossless, Non-Hierarchical, First-Order Prediction (Process 14 [Selection Value 1])',
    'jpeg-lossless',
    'never',
  ),
  JPEGLSLossless: compressed('4.80', 'JPEG-LS Lossless Image Compression', 'jpeg-ls', 'never'),
  JPEGLSNearLossless: compressed(
    '4.81',
    'JPEG-LS Lossy (Near-Lossless) Image Compression',
    'jpeg-ls',
    'possible',
  ),
  JPEG2000Lossless: compressed('4.90', 'JPEG 2000 Image Compression (Lossless Only)', 'jpeg-2000', 'never'),
  JPEG2000: compressed('4.91', 'JPEG 2000 Image Compression', 'jpeg-2000', 'possible'),
  JPEG2000MCLossless: compressed(
    '4.92',
    'JPEG 2000 Part 2 Multi-component Image Compression (Lossless Only)',
    'jpeg-2000-part-2',
    'never',
  ),
  JPEG2000MC: compressed(
    '4.93',
    'JPEG 2000 Part 2 Multi-component Image Compression',
    'jpeg-2000-part-2',
    'possible',
  ),
  JPIPReferenced: compressed('4.94', 'JPIP Referenced', 'jpip', 'possible', { encapsulated: false }),
  JPIPReferencedDeflate: compressed('4.95', 'JPIP Referenced Deflate', 'jpip', 'possible', deflatedDataSet),
  MPEG2MPML: compressed('4.100', 'MPEG2 Main Profile / Main Level', 'mpeg2', 'always'),
  MPEG2MPMLF: compressed('4.100.1', 'Fragmentable MPEG2 Main Profile / Main Level', 'mpeg2', 'always'),
  MPEG2MPHL: compressed('4.101', 'MPEG2 Main Profile / High Level', 'mpeg2', 'always'),
  MPEG2MPHLF: compressed('4.101.1', 'Fragmentable MPEG2 Main Profile / High Level', 'mpeg2', 'always'),
  MPEG4HP41: compressed('4.102', `${h264} High Profile / Level 4.1`, 'h264', 'always'),
  MPEG4HP41F: compressed('4.102.1', `Fragmentable ${h264} High Profile / Level 4.1`, 'h264', 'always'),
  MPEG4HP41BD: compressed('4.103', `${h264} BD-compatible High Profile / Level 4.1`, 'h264', 'always'),
  MPEG4HP41BDF: compressed(
    '4.103.1',
    `Fragmentable ${h264} BD-compatible High Profile / Level 4.1`,
    'h264',
    'always',
  ),
  MPEG4HP422D: compressed('4.104', `${h264} High Profile / Level 4.2 For 2D Video`, 'h264', 'always'),
  MPEG4HP422DF: compressed(
    '4.104.1',
    `Fragmentable ${h264} High Profile / Level 4.2 For 2D Video`,
    'h264',
    'always',
  ),
  MPEG4HP423D: compressed('4.105', `${h264} High Profile / Level 4.2 For 3D Video`, 'h264', 'always'),
  MPEG4HP423DF: compressed(
    '4.105.1',
    `Fragmentable ${h264} High Profile / Level 4.2 For 3D Video`,
    'h264',
    'always',
  ),
  MPEG4HP42STEREO: compressed('4.106', `${h264} Stereo High Profile / Level 4.2`, 'h264', 'always'),
  MPEG4HP42STEREOF: compressed(
    '4.106.1',
    `Fragmentable ${h264} Stereo High Profile / Level 4.2`,
    'h264',
    'always',
  ),
  HEVCMP51: compressed('4.107', 'HEVC/H.265 Main Profile / Level 5.1', 'h265', 'always'),
  HEVCM10P51: compressed('4.108', 'HEVC/H.265 Main 10 Profile / Level 5.1', 'h265', 'always'),
  JPEGXLLossless: compressed('4.110', 'JPEG XL Lossless', 'jpeg-xl', 'never'),
  /** Bit-preserving, but what it preserves is a lossy JPEG. */
  JPEGXLJPEGRecompression: compressed('4.111', 'JPEG XL JPEG Recompression', 'jpeg-xl', 'always'),
  JPEGXL: compressed('4.112', 'JPEG XL', 'jpeg-xl', 'possible'),
  HTJ2KLossless: compressed(
    '4.201',
    'High-Throughput JPEG 2000 Image Compression (Lossless Only)',
    'htj2k',
    'never',
  ),
  HTJ2KLosslessRPCL: compressed(
    '4.202',
    'High-Throughput JPEG 2000 with RPCL Options Image Compression (Lossless Only)',
    'htj2k',
    'never',
  ),
  HTJ2K: compressed('4.203', 'High-Throughput JPEG 2000 Image Compression', 'htj2k', 'possible'),
  JPIPHTJ2KReferenced: compressed('4.204', 'JPIP HTJ2K Referenced', 'jpip', 'possible', {
    encapsulated: false,
  }),
  JPIPHTJ2KReferencedDeflate: compressed(
    '4.205',
    'JPIP HTJ2K Referenced Deflate',
    'jpip',
    'possible',
    deflatedDataSet,
  ),
  RLELossless: compressed('5', 'RLE Lossless', 'rle', 'never'),
  RFC2557MIMEEncapsulation: compressed('6.1', 'RFC 2557 MIME encapsulation', 'other', 'never', {
    encapsulated: false,
    retired: true,
  }),
  XMLEncoding: compressed('6.2', 'XML Encoding', 'other', 'never', { encapsulated: false, retired: true }),
  SMPTEST211020UncompressedProgressiveActiveVideo: compressed(
    '7.1',
    `${smpte}-20 Uncompressed Progressive Active Video`,
    'smpte-2110',
    'never',
    { encapsulated: false },
  ),
  SMPTEST211020UncompressedInterlacedActiveVideo: compressed(
    '7.2',
    `${smpte}-20 Uncompressed Interlaced Active Video`,
    'smpte-2110',
    'never',
    { encapsulated: false },
  ),
  SMPTEST211030PCMDigitalAudio: compressed('7.3', `${smpte}-30 PCM Digital Audio`, 'smpte-2110', 'never', {
    encapsulated: false,
  }),
  DeflatedImageFrameCompression: compressed(
    '8.1',
    'Deflated Image Frame Compression',
    'deflated-frame',
    'never',
  ),
  Papyrus3ImplicitVRLittleEndian: native('1.2.840.10008.1.20', 'Papyrus 3 Implicit VR Little Endian', {
    explicitVr: false,
    retired: true,
  }),
  /** Private (GE): a data set in implicit VR little endian whose native pixel data is big endian. */
  GEPrivateImplicitVRBigEndianPixelData: native(
    '1.2.840.113619.5.2',
    'Implicit VR Little Endian with big endian pixel data (GE private)',
    { explicitVr: false, pixelDataByteOrder: 'big', retired: true },
  ),
} as const satisfies Readonly<Record<string, TransferSyntax>>;
