/** The verdicts on files of the corpus that carry one SOP Instance UID with other bytes. */
import { describe, expect, it } from 'vitest';
import { corpusFiles, readCorpusFile, skipWithoutCorpus } from '../../../test/support/corpus.ts';
import { sourceOf } from '../test-support/encodings.ts';
import { type ContentDigest, compareContent, digestContent } from './content-digest.ts';
import { DicomError } from './errors.ts';
import { readPart10 } from './part10-reader.ts';

interface Digested {
  readonly digest: ContentDigest;
  readonly syntax: string;
  readonly isNative: boolean;
}

async function digestFile(path: string): Promise<Digested | undefined> {
  const bytes = readCorpusFile(path);
  try {
    const { transferSyntax } = readPart10(bytes);
    const digest = await digestContent(sourceOf(bytes, 50_000));
    return { digest, syntax: transferSyntax.uid, isNative: transferSyntax.compression === 'none' };
  } catch (error) {
    if (error instanceof DicomError) return undefined;
    throw error;
  }
}

/** 'verdict: one | other' of each pair of a group whose files can be read. */
async function verdicts(): Promise<
  readonly { line: string; verdict: string; left: Digested; right: Digested }[]
> {
  const digests = new Map<string, Digested | undefined>();
  const pairs = new Map<string, readonly [string, string]>();
  for (const { path, same_sop_instance_uid_as: others } of corpusFiles()) {
    if (others === undefined) continue;
    digests.set(path, await digestFile(path));
    for (const other of others) {
      const [left, right] = path < other ? [path, other] : [other, path];
      pairs.set(`${left}|${right}`, [left, right]);
    }
  }
  return [...pairs.values()].flatMap(([one, other]) => {
    const [left, right] = [digests.get(one), digests.get(other)];
    if (left === undefined || right === undefined) return [];
    const comparison = compareContent(left.digest, right.digest, left.syntax === right.syntax);
    // packages/indexing compares the pixel values of these.
    const verdict = typeof comparison === 'string' ? comparison : 'undecided';
    return [{ line: `${verdict}: ${one} | ${other}`, verdict, left, right }];
  });
}

const same = [
  'equal: awkward/MR_small_padded.dcm | mr/MR_small.dcm',
  'equal: charsets/chrJapMulti.dcm | charsets/chrJapMultiExplicitIR6.dcm',
  'equal: syntaxes/CT0012.fragmented_no_bot_jpeg_ls.80.dcm | syntaxes/CT0012.not_fragmented_bot_jpeg_ls.80.dcm',
  'equal: syntaxes/CT0012.not_fragmented_bot_rle.dcm | syntaxes/CT0012.not_fragmented_no_bot_rle.dcm',
  'equal: syntaxes/one-small-mr/MR_small_bigendian.dcm | syntaxes/one-small-mr/MR_small_expb.dcm',
];

const ct = 'syntaxes/one-ct-every-syntax/CTImage.dcm_';
const ctBig = `${ct}BigEndianExplicitTransferSyntax_1.2.840.10008.1.2.2.dcm`;
const ctDeflated = `${ct}DeflatedExplicitVRLittleEndianTransferSyntax_1.2.840.10008.1.2.1.99.dcm`;
const ctExplicit = `${ct}LittleEndianExplicitTransferSyntax_1.2.840.10008.1.2.1.dcm`;
const ctImplicit = `${ct}LittleEndianImplicitTransferSyntax_1.2.840.10008.1.2.dcm`;
const noMeta = 'bad/no-meta-or-broken-meta/ExplVR_';

const inAnotherEncoding = [
  ['awkward/MR_small_padded.dcm', 'syntaxes/one-small-mr/MR_small_bigendian.dcm'],
  ['awkward/MR_small_padded.dcm', 'syntaxes/one-small-mr/MR_small_expb.dcm'],
  ['awkward/MR_small_padded.dcm', 'syntaxes/one-small-mr/MR_small_implicit.dcm'],
  [`${noMeta}BigEndNoMeta.dcm`, `${noMeta}LitEndNoMeta.dcm`],
  ['enhanced/emri_small.dcm', 'enhanced/emri_small_big_endian.dcm'],
  ['mr/MR_small.dcm', 'syntaxes/one-small-mr/MR_small_bigendian.dcm'],
  ['mr/MR_small.dcm', 'syntaxes/one-small-mr/MR_small_expb.dcm'],
  ['mr/MR_small.dcm', 'syntaxes/one-small-mr/MR_small_implicit.dcm'],
  ['sc/SC_rgb.dcm', 'syntaxes/one-small-rgb/SC_rgb_expb.dcm'],
  ['sc/SC_rgb_16bit.dcm', 'syntaxes/one-small-rgb/SC_rgb_expb_16bit.dcm'],
  ['sc/SC_rgb_32bit.dcm', 'syntaxes/one-small-rgb/SC_rgb_expb_32bit.dcm'],
  ['sc/SC_rgb_small_odd.dcm', 'sc/SC_rgb_small_odd_big_endian.dcm'],
  ['seg/liver.dcm', 'seg/liver_expb.dcm'],
  ['seg/liver_1frame.dcm', 'seg/liver_expb_1frame.dcm'],
  [ctBig, ctDeflated],
  [ctBig, ctExplicit],
  [ctBig, ctImplicit],
  [ctDeflated, ctExplicit],
  [ctDeflated, ctImplicit],
  [ctExplicit, ctImplicit],
  ['syntaxes/one-small-mr/MR_small_bigendian.dcm', 'syntaxes/one-small-mr/MR_small_implicit.dcm'],
  ['syntaxes/one-small-mr/MR_small_expb.dcm', 'syntaxes/one-small-mr/MR_small_implicit.dcm'],
].map(([one, other]) => `equal-in-another-encoding: ${one} | ${other}`);

/** Patient's Sex, Other Patient Names and IDs. */
const corrected = [
  'patient-or-study-attributes-differ: charsets/GH1301.dcm | charsets/chrX2.dcm',
  'patient-or-study-attributes-differ: charsets/chrFren.dcm | charsets/chrFrenMulti.dcm',
];

/** One value of one attribute: group 0028, a private item, Number of Frames, empty numbers. */
const attributesDiffer = [
  'different: awkward/GH178.dcm | awkward/GH179A.dcm',
  'different: bad/malformed/badVR.dcm | rt/rtdose.dcm',
  'different: bad/missing-uids/GH223.dcm | bad/missing-uids/GH487.dcm',
  'different: sr/reportsi.dcm | sr/reportsi_with_empty_number_tags.dcm',
];

describe.skipIf(skipWithoutCorpus)('the corpus', () => {
  it('has the verdicts that a person would give', async () => {
    const all = await verdicts();
    const isDecided = ({ verdict }: { readonly verdict: string }) =>
      verdict !== 'different' && verdict !== 'undecided';
    const notDifferent = all.filter(isDecided).map(({ line }) => line);
    expect(notDifferent.sort()).toEqual([...same, ...inAnotherEncoding, ...corrected].sort());

    const samePixels = all.filter(
      ({ verdict, left, right }) =>
        verdict === 'different' && left.digest.pixelData === right.digest.pixelData,
    );
    expect(samePixels.map(({ line }) => line).sort()).toEqual(attributesDiffer);
  });

  it('calls native files different only for their attributes or their pixels, never for their encoding', async () => {
    const natives = (await verdicts()).filter(
      ({ verdict, left, right }) => verdict === 'different' && left.isNative && right.isNative,
    );
    const onlyPixels = natives.filter(
      ({ left, right }) =>
        left.digest.attributes === right.digest.attributes &&
        left.digest.pixelEncoding === right.digest.pixelEncoding,
    );
    // Their 32-bit pixels of VR OW are written as words of 32 bits, against PS3.5 §7.3.
    expect(onlyPixels.map(({ line }) => line).sort()).toEqual([
      'different: rt/rtdose.dcm | rt/rtdose_expb.dcm',
      'different: rt/rtdose_1frame.dcm | rt/rtdose_expb_1frame.dcm',
    ]);
  });
});
