/** Our DICOM JSON (PS3.18 Annex F) against what DCMTK reads, attribute by attribute over the corpus. */
import { DicomError, type Part10File, readPart10, toDicomJson } from '@sandyq/dicom';
import { describe, expect, it } from 'vitest';
import { DifferenceLedger } from '../support/compare-dicom-json.ts';
import { type CorpusFile, corpusFiles, readCorpusFile, skipWithoutCorpus } from '../support/corpus.ts';
import { readWithDcmtk, skipWithoutDcmtk } from '../support/dcmtk.ts';
import { dcmtkDifferences } from '../support/dcmtk-differences.ts';

/** What dcm2json refuses, by its message. */
const refusals = [
  /character encoding: Invalid argument/, // Japanese sets, which its iconv lacks
  /SpecificCharacterSet .* not supported/, // a label of its own kind, or written as UN
  /not supported for compressed pixel data/, // in an icon: those of the top level are cut off
];

describe.skipIf(skipWithoutCorpus || skipWithoutDcmtk)('toDicomJson and dcm2json', () => {
  it('agree on every attribute but for justified differences, all of them needed', () => {
    const ledger = new DifferenceLedger(dcmtkDifferences);
    const compared = corpusFiles().filter((file) => compareFile(file, ledger));
    expect(ledger.unexplained).toEqual([]);
    expect(ledger.stale).toEqual([]);
    expect(compared.length).toBeGreaterThan(350);
  });
});

/** False if one of the two readers refuses the file. */
function compareFile({ path, verdict }: CorpusFile, ledger: DifferenceLedger): boolean {
  const bytes = readCorpusFile(path);
  const file = verdict === 'refuse' ? undefined : readOrUndefined(bytes);
  if (file === undefined) return false;
  const start = startOfPixelData(file);
  const answer = readWithDcmtk(bytes.subarray(0, start));
  if ('refusal' in answer) {
    if (refusals.some((refusal) => refusal.test(answer.refusal))) return false;
    throw new Error(`dcm2json refused ${path}: ${answer.refusal}`);
  }
  const { json } = toDicomJson(file, { bulkDataUri: (bulkPath) => `bulk:${bulkPath}` });
  const compared = Object.entries(json).filter(([tag]) => start === undefined || tag < '7FE00008');
  ledger.compare(path, Object.fromEntries(compared), answer.json);
  return true;
}

/**
 * Where the pixel data element begins, undefined if there is none or the data set is deflated. The bytes are cut
 * there: dcm2json has no JSON for compressed pixel data, and long base64 for the rest.
 */
function startOfPixelData({ pixelData, transferSyntax, deflated }: Part10File): number | undefined {
  if (pixelData === undefined || deflated) return undefined;
  return pixelData.offset - (transferSyntax.explicitVr ? 12 : 8);
}

function readOrUndefined(bytes: Uint8Array): Part10File | undefined {
  try {
    return readPart10(bytes);
  } catch (error) {
    if (error instanceof DicomError) return undefined;
    throw error;
  }
}
