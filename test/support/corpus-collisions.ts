/**
 * Files of the corpus that share their SOP Instance UID with an earlier one, and the verdict that design §2.5 gives them then.
 * No two files share a study with different patients, so §2.6 has nothing to say here.
 */
import { type CorpusFile, corpusFiles, isAcceptable } from './corpus.ts';

/** What makes the newcomer another one than the instance that came first. */
export type Difference = 'nothing' | 'encoding' | 'patient-or-study' | 'content' | 'undecodable';

/** A newcomer and its verdict. */
export interface Collision {
  /** Path of the file that came first and stays. */
  readonly holder: string;
  readonly difference: Difference;
  readonly why: string;
}

/** The verdict on each difference: a warning, a failure, or nothing but success. */
export const verdictOnDifference = {
  nothing: { kind: 'stored', reason: undefined },
  encoding: { kind: 'stored', reason: 'equal-in-another-encoding' },
  'patient-or-study': { kind: 'stored', reason: 'proposed-correction' },
  content: { kind: 'failed', reason: 'duplicate-sop-instance' },
  // Pixel values that cannot be compared are no proof that they are equal.
  undecodable: { kind: 'failed', reason: 'duplicate-sop-instance' },
} as const;

const oneCt = 'syntaxes/one-ct-every-syntax/CTImage.dcm_';
const oneRgb = 'syntaxes/one-small-rgb/SC_rgb';

/** Attributes that differ, or why nothing does; checked in, so that a changed verdict is a change that somebody reads. */
const newcomers: Readonly<Record<Difference, Readonly<Record<string, string>>>> = {
  nothing: {
    'charsets/chrJapMultiExplicitIR6.dcm':
      'names ISO 2022 IR 6 where the other implies it: the text is the same',
    'mr/MR_small.dcm': 'the other has Data Set Trailing Padding, which says nothing',
  },
  encoding: {
    'bad/no-meta-or-broken-meta/ExplVR_LitEndNoMeta.dcm': 'little endian, the other big endian',
    'enhanced/emri_small_big_endian.dcm': 'big endian',
    'sc/SC_rgb_small_odd_big_endian.dcm': 'big endian, pixels of odd length',
    'seg/liver_expb.dcm': 'big endian, 1-bit frames as bytes',
    [`${oneCt}DeflatedExplicitVRLittleEndianTransferSyntax_1.2.840.10008.1.2.1.99.dcm`]: 'deflated',
    [`${oneCt}LittleEndianExplicitTransferSyntax_1.2.840.10008.1.2.1.dcm`]: 'little endian',
    [`${oneCt}LittleEndianImplicitTransferSyntax_1.2.840.10008.1.2.dcm`]: 'implicit VR',
    'syntaxes/one-small-mr/MR_small_bigendian.dcm': 'big endian',
    'syntaxes/one-small-mr/MR_small_expb.dcm': 'big endian',
    'syntaxes/one-small-mr/MR_small_implicit.dcm': 'implicit VR',
    [`${oneRgb}_expb.dcm`]: 'big endian',
    'enhanced/emri_small_RLE.dcm': 'RLE',
    'enhanced/emri_small_jpeg_2k_lossless.dcm': 'JPEG 2000',
    'enhanced/emri_small_jpeg_ls_lossless.dcm': 'JPEG-LS',
    'syntaxes/CT0012.fragmented_no_bot_jpeg_ls.80.dcm': 'JPEG-LS',
    'syntaxes/CT0012.not_fragmented_bot_jpeg_ls.80.dcm': 'JPEG-LS',
    'syntaxes/CT0012.not_fragmented_bot_rle.dcm': 'RLE',
    'syntaxes/CT0012.not_fragmented_no_bot_rle.dcm': 'RLE',
    'syntaxes/SC_ybr_full_422_uncompressed.deflated_image_frame_compression.dcm': 'deflated frames',
    'syntaxes/TestPattern_Palette.rle_lossless.dcm': 'RLE',
    'syntaxes/monochrome_jpeg_xl_12bit.dcm': 'JPEG XL, the other JPEG lossless',
    [`${oneCt}JPEG2000LosslessOnlyTransferSyntax_1.2.840.10008.1.2.4.90.dcm`]: 'JPEG 2000',
    [`${oneCt}JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80.dcm`]: 'JPEG-LS',
    [`${oneCt}RLELosslessTransferSyntax_1.2.840.10008.1.2.5.dcm`]: 'RLE',
    'syntaxes/one-ct-every-syntax/testImages-CTImage.dcm_JPEG2000LosslessOnlyTransferSyntax_1.2.840.10008.1.2.4.90.dcm':
      'JPEG 2000',
    'syntaxes/one-small-mr/MR_small_RLE.dcm': 'RLE',
    'syntaxes/one-small-mr/MR_small_jp2klossless.dcm': 'JPEG 2000',
    'syntaxes/one-small-mr/MR_small_jpeg_ls_lossless.dcm': 'JPEG-LS',
    [`${oneRgb}_jpeg_gdcm.dcm`]: 'JPEG lossless',
    [`${oneRgb}_rle.dcm`]: 'RLE',
    'us/color-px.dcm': 'colour by pixel, the other by plane (Planar Configuration)',
  },
  'patient-or-study': {
    'charsets/chrFrenMulti.dcm': 'Other Patient IDs, Other Patient Names',
    'charsets/chrX2.dcm': "Patient's Sex",
  },
  content: {
    'awkward/GH179A.dcm': 'Pixel Padding Value',
    'rt/rtdose.dcm': 'Number of Frames (the other says "1A")',
    'rt/rtdose_1frame.dcm': 'Number of Frames, pixels',
    'rt/rtdose_expb.dcm': 'Number of Frames (the other says "1A")',
    'rt/rtdose_expb_1frame.dcm': 'Number of Frames, pixels',
    'rt/rtdose_rle.dcm': 'Number of Frames, Referenced RT Plan',
    'rt/rtdose_rle_1frame.dcm': 'Number of Frames, pixels, Referenced RT Plan',
    'sc/GH538-jpeg14sv1.dcm': 'the other was compressed lossily',
    'sc/SC_rgb_16bit.dcm': 'Bits Allocated',
    'sc/SC_rgb_16bit_2frame.dcm': 'Bits Allocated, Number of Frames',
    'sc/SC_rgb_2frame.dcm': 'Number of Frames',
    'sc/SC_rgb_32bit.dcm': 'Bits Allocated',
    'sc/SC_rgb_32bit_2frame.dcm': 'Bits Allocated, Number of Frames',
    'sc/SC_ybr_full_uncompressed.dcm': 'Photometric Interpretation',
    'seg/liver_1frame.dcm': 'Number of Frames',
    'seg/liver_expb_1frame.dcm': 'Number of Frames',
    'sr/reportsi_with_empty_number_tags.dcm': 'empty attributes that the other has not',
    [`${oneCt}JPEGProcess14SV1TransferSyntax_1.2.840.10008.1.2.4.70.dcm`]: 'Derivation Description',
    [`${oneCt}JPEGProcess14TransferSyntax_1.2.840.10008.1.2.4.57.dcm`]: 'Derivation Description',
    [`${oneRgb}_dcmtk_+eb+cy+n2.dcm`]: 'Photometric Interpretation, pixels',
    [`${oneRgb}_expb_16bit.dcm`]: 'Bits Allocated',
    [`${oneRgb}_expb_32bit.dcm`]: 'Bits Allocated',
    [`${oneRgb}_rle_16bit.dcm`]: 'Bits Allocated',
    [`${oneRgb}_rle_16bit_2frame.dcm`]: 'Bits Allocated, Number of Frames',
    [`${oneRgb}_rle_2frame.dcm`]: 'Number of Frames',
    [`${oneRgb}_rle_32bit.dcm`]: 'Bits Allocated',
    [`${oneRgb}_rle_32bit_2frame.dcm`]: 'Bits Allocated, Number of Frames',
    'us/US-RGB-8-epicard': 'Rows, Columns: another image',
    'us/cine/jpeg-ls-Palette.dcm': 'private attributes',
    'us/examples_palette.dcm': 'SOP Class, Number of Frames, private attributes',
  },
  undecodable: {
    'syntaxes/JPEG2000.dcm':
      "JPEG 2000: the other's codestream ends where a marker in it looks like the end of the sequence",
  },
};

/** By path, for every file that an archive should accept and whose SOP Instance UID an earlier such file has. */
export function corpusCollisions(): Map<string, Collision> {
  const collisions = new Map<string, Collision>();
  const listed = new Map(
    Object.entries(newcomers).flatMap(([difference, files]) =>
      Object.entries(files).map(([path, why]) => [path, { difference: difference as Difference, why }]),
    ),
  );
  const holders = new Map<string, CorpusFile>();
  for (const file of corpusFiles().filter(isAcceptable)) {
    const uid = file.SOPInstanceUID ?? '';
    const holder = holders.get(uid);
    if (holder === undefined) holders.set(uid, file);
    const entry = listed.get(file.path);
    if ((holder === undefined) !== (entry === undefined)) {
      throw new Error(`${file.path}: list of collisions and manifest disagree`);
    }
    if (holder !== undefined && entry !== undefined)
      collisions.set(file.path, { holder: holder.path, ...entry });
  }
  return collisions;
}
