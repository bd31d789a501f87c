/** Our DICOM JSON against what dcmjs reads, attribute by attribute over the corpus. */
import { describe, expect, it } from 'vitest';
import { DifferenceLedger } from '../../../test/support/compare-dicom-json.ts';
import {
  type CorpusFile,
  corpusFiles,
  readCorpusFile,
  skipWithoutCorpus,
} from '../../../test/support/corpus.ts';
import { readWithDcmjs } from '../../../test/support/dcmjs.ts';
import { dcmjsDifferences } from '../../../test/support/dcmjs-differences.ts';
import { DicomError } from './errors.ts';
import { toDicomJson } from './json-model.ts';
import { readPart10 } from './part10-reader.ts';

/** What dcmjs refuses, by its message. */
const refusals = [
  /^Using multiple character sets is not supported/, // ISO 2022: ours are compared with the manifest instead
  /^Invalid DICOM file, (?:expected header is missing|meta length tag is malformed)/, // no preamble, no group length
  /^Invalid tag in sequence/, // private sequence in UN, implicit inside
];

describe.skipIf(skipWithoutCorpus)('toDicomJson and dcmjs', () => {
  it('agree on every attribute but for justified differences, all of them needed', {
    timeout: 120_000,
  }, () => {
    const ledger = new DifferenceLedger(dcmjsDifferences);
    const compared = corpusFiles().filter((file) => compareFile(file, ledger));
    expect(ledger.unexplained).toEqual([]);
    expect(ledger.stale).toEqual([]);
    expect(compared.length).toBeGreaterThan(350);
  });
});

/** False if one of the two readers refuses the file. */
function compareFile({ path, verdict }: CorpusFile, ledger: DifferenceLedger): boolean {
  if (verdict === 'refuse') return false;
  const bytes = readCorpusFile(path);
  const file = ignoring(
    () => readPart10(bytes),
    (error) => error instanceof DicomError,
  );
  if (file === undefined) return false;
  const theirs = ignoring(
    () => readWithDcmjs(bytes),
    ({ message }) => refusals.some((refusal) => refusal.test(message)),
  );
  if (theirs === undefined) return false;
  ledger.compare(path, toDicomJson(file, { bulkDataUri: (bulkPath) => `bulk:${bulkPath}` }).json, theirs);
  return true;
}

function ignoring<Result>(action: () => Result, expected: (error: Error) => boolean): Result | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof Error && expected(error)) return undefined;
    throw error;
  }
}
