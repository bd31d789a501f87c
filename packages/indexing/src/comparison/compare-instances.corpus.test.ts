/** The verdicts on files of the corpus that carry one SOP Instance UID, pixels decoded where that decides. */
import { DicomError } from '@sandyq/dicom';
import { afterAll, describe, expect, it } from 'vitest';
import { corpusFiles, readCorpusFile, skipWithoutCorpus } from '../../../../test/support/corpus.ts';
import { ComparingKit } from './testing/comparing-kit.ts';

const kit = new ComparingKit();
afterAll(() => kit.close());

const ct = 'syntaxes/one-ct-every-syntax/CTImage.dcm_';
const mr = 'syntaxes/one-small-mr/MR_small_';
const rgb = 'syntaxes/one-small-rgb/SC_rgb_';
const jpeg2000 = 'JPEG2000LosslessOnlyTransferSyntax_1.2.840.10008.1.2.4.90.dcm';

/** Files that show and say the same. Not among them: files that toolkits gave a Derivation Description, or lossy ones. */
const groups: readonly (readonly string[])[] = [
  [
    `${ct}BigEndianExplicitTransferSyntax_1.2.840.10008.1.2.2.dcm`,
    `${ct}DeflatedExplicitVRLittleEndianTransferSyntax_1.2.840.10008.1.2.1.99.dcm`,
    `${ct}${jpeg2000}`,
    `${ct}JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80.dcm`,
    `${ct}LittleEndianExplicitTransferSyntax_1.2.840.10008.1.2.1.dcm`,
    `${ct}LittleEndianImplicitTransferSyntax_1.2.840.10008.1.2.dcm`,
    `${ct}RLELosslessTransferSyntax_1.2.840.10008.1.2.5.dcm`,
    `syntaxes/one-ct-every-syntax/testImages-CTImage.dcm_${jpeg2000}`,
  ],
  [
    'awkward/MR_small_padded.dcm',
    'mr/MR_small.dcm',
    `${mr}RLE.dcm`,
    `${mr}bigendian.dcm`,
    `${mr}expb.dcm`,
    `${mr}implicit.dcm`,
    `${mr}jp2klossless.dcm`,
    `${mr}jpeg_ls_lossless.dcm`,
  ],
  [
    'enhanced/emri_small.dcm',
    'enhanced/emri_small_RLE.dcm',
    'enhanced/emri_small_big_endian.dcm',
    'enhanced/emri_small_jpeg_2k_lossless.dcm',
    'enhanced/emri_small_jpeg_ls_lossless.dcm',
  ],
  [
    'enhanced/eCT_Supplemental.dcm',
    'syntaxes/CT0012.fragmented_no_bot_jpeg_ls.80.dcm',
    'syntaxes/CT0012.not_fragmented_bot_jpeg_ls.80.dcm',
    'syntaxes/CT0012.not_fragmented_bot_rle.dcm',
    'syntaxes/CT0012.not_fragmented_no_bot_rle.dcm',
  ],
  ['sc/SC_rgb.dcm', `${rgb}expb.dcm`, `${rgb}jpeg_gdcm.dcm`, `${rgb}rle.dcm`],
  ['sc/SC_rgb_16bit.dcm', `${rgb}expb_16bit.dcm`, `${rgb}rle_16bit.dcm`],
  ['sc/SC_rgb_32bit.dcm', `${rgb}expb_32bit.dcm`, `${rgb}rle_32bit.dcm`],
  ['sc/SC_rgb_2frame.dcm', `${rgb}rle_2frame.dcm`],
  ['sc/SC_rgb_16bit_2frame.dcm', `${rgb}rle_16bit_2frame.dcm`],
  ['sc/SC_rgb_32bit_2frame.dcm', `${rgb}rle_32bit_2frame.dcm`],
  ['sc/SC_rgb_small_odd.dcm', 'sc/SC_rgb_small_odd_big_endian.dcm'],
  ['sc/TestPattern_Palette.dcm', 'syntaxes/TestPattern_Palette.rle_lossless.dcm'],
  [
    'sc/SC_ybr_full_422_uncompressed.dcm',
    'syntaxes/SC_ybr_full_422_uncompressed.deflated_image_frame_compression.dcm',
  ],
  ['us/color-pl.dcm', 'us/color-px.dcm'],
  ['ct/IM-0001-0001-0001.dcm', 'syntaxes/monochrome_jpeg_xl_12bit.dcm'],
  ['rt/rtdose.dcm', 'rt/rtdose_rle.dcm'],
  ['rt/rtdose_1frame.dcm', 'rt/rtdose_rle_1frame.dcm'],
  ['seg/liver.dcm', 'seg/liver_expb.dcm'],
  ['seg/liver_1frame.dcm', 'seg/liver_expb_1frame.dcm'],
  [
    'bad/no-meta-or-broken-meta/ExplVR_BigEndNoMeta.dcm',
    'bad/no-meta-or-broken-meta/ExplVR_LitEndNoMeta.dcm',
  ],
  ['charsets/chrJapMulti.dcm', 'charsets/chrJapMultiExplicitIR6.dcm'],
];

/** Patient's Sex, Other Patient Names and IDs. */
const corrected = [
  'charsets/GH1301.dcm | charsets/chrX2.dcm',
  'charsets/chrFren.dcm | charsets/chrFrenMulti.dcm',
];

/** Each two of one group, as a line. */
const same = groups.flatMap((group) => {
  const paths = [...group].sort();
  return paths.flatMap((one, index) => paths.slice(index + 1).map((other) => `${one} | ${other}`));
});

/** Pairs of the corpus that share their SOP Instance UID. */
function pairs(): readonly string[] {
  const lines = corpusFiles().flatMap(({ path, same_sop_instance_uid_as: others = [] }) =>
    others.map((other) => [path, other].sort().join(' | ')),
  );
  return [...new Set(lines)].sort();
}

/** 'unreadable' where the reader refuses one of the two: such files never get so far. */
async function verdictOn(line: string): Promise<string> {
  const [one = '', other = ''] = line.split(' | ');
  try {
    const { comparison, doubt } = await kit.compare(readCorpusFile(one), readCorpusFile(other));
    return doubt === undefined ? comparison : `in doubt: ${doubt}`;
  } catch (error) {
    if (error instanceof DicomError) return 'unreadable';
    throw error;
  }
}

describe.skipIf(skipWithoutCorpus)('files of the corpus with one SOP Instance UID', () => {
  it('have the verdicts that a person would give, in either order', async () => {
    const found = new Map<string, string[]>();
    for (const line of pairs()) {
      const verdict = await verdictOn(line);
      found.set(verdict, [...(found.get(verdict) ?? []), line]);
    }
    const { equal = [], 'equal-in-another-encoding': encoded = [], ...others } = Object.fromEntries(found);
    expect([...equal, ...encoded].sort()).toEqual(same.sort());
    expect(equal).toHaveLength(5);
    expect(others['patient-or-study-attributes-differ']).toEqual(corrected);
    // Its first frame ends where a marker in it looks like the end of the sequence.
    expect(others['in doubt: malformed-codestream']).toEqual([
      'awkward/JPEG2000-embedded-sequence-delimiter.dcm | syntaxes/JPEG2000.dcm',
    ]);
    expect(Object.keys(others).sort()).toEqual([
      'different',
      'in doubt: malformed-codestream',
      'patient-or-study-attributes-differ',
      'unreadable',
    ]);
  }, 120_000);
});
