/** Every file of the corpus: read and identified, or refused with the code that names its fault. */
import { describe, expect, it } from 'vitest';
import {
  type CorpusFile,
  corpusFiles,
  readCorpusFile,
  skipWithoutCorpus,
} from '../../../test/support/corpus.ts';
import { inChunks, outcomeOf } from '../test-support/outcome.ts';
import { DicomError, type DicomErrorCode } from './errors.ts';
import { identify } from './identify.ts';
import { readPart10 } from './part10-reader.ts';

/** What is refused and why; everything else is accepted. */
const refused: Partial<Record<DicomErrorCode, readonly string[]>> = {
  'not-dicom': [
    'bad/no-meta-or-broken-meta/no_meta.dcm',
    'bad/not-dicom/OF_DICOM.dcm',
    'bad/not-dicom/deid.dicom',
    'bad/not-dicom/diconde.dic',
    'bad/not-dicom/empty.dcm',
    'bad/not-dicom/invalid.dcm',
    'bad/not-dicom/test1.json',
    'bad/not-dicom/zipMR.gz',
  ],
  'media-directory': [
    'bad/dicomdir/DICOMDIR',
    'bad/dicomdir/DICOMDIR-bigEnd',
    'bad/dicomdir/DICOMDIR-empty.dcm',
    'bad/dicomdir/DICOMDIR-implicit',
    'bad/dicomdir/DICOMDIR-nooffset',
    'bad/dicomdir/DICOMDIR-nopatient',
    'bad/dicomdir/DICOMDIR-reordered',
  ],
  'missing-transfer-syntax': [
    'awkward/no-preamble/no_preamble_dicm_in_data',
    'bad/no-meta-or-broken-meta/meta_missing_tsyntax.dcm',
  ],
  truncated: [
    'awkward/GH1339.dcm',
    'bad/missing-uids/GH626.dcm',
    'bad/truncated/3gb-bulk-data-truncated',
    'bad/truncated/MR_truncated.dcm',
    'bad/truncated/emri_small_jpeg_2k_lossless_too_short.dcm',
    'bad/truncated/rtplan_truncated.dcm',
  ],
  malformed: ['awkward/GH179B.dcm', 'awkward/GH364.dcm', 'syntaxes/one-small-rgb/SC_rgb_jpeg.dcm'],
  'missing-uid': [
    'bad/malformed/GH340.dcm',
    'bad/malformed/at_invalid.dcm',
    'bad/malformed/duplicates.dcm',
    'bad/malformed/dwv-test_no-number-rows.dcm',
    'bad/missing-uids/GH220.dcm',
    'bad/missing-uids/GH223.dcm',
    'bad/missing-uids/GH487.dcm',
    'bad/missing-uids/UN_sequence.dcm',
    'bad/missing-uids/empty_charset_LEI.dcm',
    'bad/missing-uids/generated_encapsulated_defined_bot_2_to_2.dcm',
    'bad/missing-uids/nested_priv_SQ.dcm',
    'bad/missing-uids/priv_SQ.dcm',
    'bad/missing-uids/sr-ruler.dcm',
    'bad/missing-uids/wklist1.wl',
    'bad/missing-uids/wklist8.wl',
    'bad/no-meta-or-broken-meta/no_meta_group_length.dcm',
    'charsets/chrSQEncoding.dcm',
    'charsets/chrSQEncoding1.dcm',
    'syntaxes/HTJ2KLossless_08_RGB.dcm',
    'syntaxes/JPEGLSNearLossless_08.dcm',
    'syntaxes/JPEGLSNearLossless_16.dcm',
    'syntaxes/one-small-rgb/SC_rgb_jls_lossy_line.dcm',
    'syntaxes/one-small-rgb/SC_rgb_jls_lossy_sample.dcm',
  ],
  'invalid-uid': ['bad/malformed/bad_sequence.dcm'],
};

/** Where we differ from the manifest, and why. */
const deviations: Readonly<Record<string, string>> = {
  'bad/malformed/2026-05-26-oob-monochrome-46341.dcm':
    'its structure is sound; that pixels are missing for its Rows and Columns is judged by packages/pixel-data',
};

const codes = new Map<string, string>(
  Object.entries(refused).flatMap(([code, paths]) => paths.map((path) => [path, code] as const)),
);

function verdictOn(path: string): string {
  try {
    identify(readPart10(readCorpusFile(path)));
    return 'accepted';
  } catch (error) {
    if (error instanceof DicomError) return error.code;
    throw error;
  }
}

function wantedOf({ verdict, lean }: CorpusFile): string | undefined {
  return verdict === 'either' ? lean : verdict;
}

describe.skipIf(skipWithoutCorpus)('the corpus', () => {
  const files = corpusFiles();
  const small = files.filter(({ bytes }) => bytes < 300_000);

  it.each(files.map((file) => [file.path, file] as const))('%s', (path, file) => {
    const code = codes.get(path);
    expect(verdictOn(path)).toBe(code ?? 'accepted');
    if (path in deviations) return;
    expect(code === undefined ? 'accept' : 'refuse').toBe(wantedOf(file));
  });

  it('has every file that is named here', () => {
    const paths = new Set(files.map(({ path }) => path));
    expect([...codes.keys(), ...Object.keys(deviations)].filter((path) => !paths.has(path))).toEqual([]);
  });

  it('says what the manifest says', () => {
    const accepted = files.filter(({ path }) => !codes.has(path));
    const found = accepted.map(({ path, TransferSyntaxUID }) => {
      const file = readPart10(readCorpusFile(path));
      return {
        path,
        syntax: TransferSyntaxUID === null ? null : file.transferSyntax.uid,
        instance: identify(file).sopInstanceUid,
        hasPixelData: file.pixelData !== undefined,
      };
    });
    const wanted = accepted.map(({ path, TransferSyntaxUID, SOPInstanceUID, PixelDataPresent }) => ({
      path,
      syntax: TransferSyntaxUID,
      instance: SOPInstanceUID,
      hasPixelData: PixelDataPresent,
    }));
    expect(found).toEqual(wanted);
  });

  it('comes out the same in chunks of any size', { timeout: 120_000 }, () => {
    for (const { path, bytes } of small) {
      const content = readCorpusFile(path);
      const whole = outcomeOf([content]);
      const lengths = bytes < 20_000 ? [[1], [7, 64, 3], [1460]] : [[1460, 11], [65_536]];
      for (const chunks of lengths) {
        expect({ path, ...outcomeOf(inChunks(content, chunks)) }).toEqual({ path, ...whole });
      }
    }
  });

  it('is refused or read, never worse, when cut anywhere', { timeout: 120_000 }, () => {
    for (const { path, bytes } of small.filter(({ bytes }) => bytes < 3000)) {
      const content = readCorpusFile(path);
      for (let length = 0; length < bytes; length += 3) {
        expect(outcomeOf([content.subarray(0, length)])).toBeDefined();
      }
    }
  });
});
