/** Patient names of the corpus: what the manifest says, decoded by other tools. */
import { describe, expect, it } from 'vitest';
import {
  type CorpusFile,
  corpusFiles,
  readCorpusFile,
  skipWithoutCorpus,
} from '../../../test/support/corpus.ts';
import { DicomError } from './errors.ts';
import { type DicomJsonPersonName, type DicomJsonValue, toDicomJson } from './json-model.ts';
import { stringifyDicomJson } from './json-text.ts';
import { type Part10File, readPart10 } from './part10-reader.ts';

type NamedFile = CorpusFile & { readonly PatientName: string };

/** Files whose name the manifest gives otherwise than a reader that keeps the first of two equal tags. */
const otherNames: ReadonlyMap<string, string> = new Map([['bad/malformed/duplicates.dcm', 'First']]);

describe.skipIf(skipWithoutCorpus)('the corpus', () => {
  it('decodes every PatientName as the manifest has it', () => {
    const names = new Map<string, string>();
    for (const { path, PatientName } of corpusFiles().filter(isNamed)) {
      const file = readOrUndefined(path);
      if (file === undefined) continue;
      names.set(path, nameIn(file));
      expect([path, names.get(path)]).toEqual([path, otherNames.get(path) ?? normalized(PatientName)]);
    }
    expect(names.size).toBeGreaterThan(370);
  });

  it('takes every label as it is: no file of the corpus contradicts its own', () => {
    const contradicted: string[] = [];
    for (const { path } of corpusFiles()) {
      const file = readOrUndefined(path);
      if (file === undefined) continue;
      const { characterSet } = toDicomJson(file, { bulkDataUri: (path) => path });
      if (characterSet.flag !== 'as-labelled') contradicted.push(path);
    }
    expect(contradicted).toEqual([]);
  });

  it('makes JSON that parses to the same model', () => {
    for (const { path } of corpusFiles()) {
      const file = readOrUndefined(path);
      if (file === undefined) continue;
      const { json } = toDicomJson(file, { bulkDataUri: (path) => path });
      expect(JSON.parse(stringifyDicomJson(json))).toEqual(json);
    }
  });
});

function readOrUndefined(path: string): Part10File | undefined {
  try {
    return readPart10(readCorpusFile(path));
  } catch (error) {
    if (error instanceof DicomError) return undefined;
    throw error;
  }
}

function isNamed(file: CorpusFile): file is NamedFile {
  return 'PatientName' in file && typeof file.PatientName === 'string';
}

/** The first name in PS3.5 form. */
function nameIn(file: Part10File): string {
  const { json } = toDicomJson(file, { bulkDataUri: (path) => path });
  const name = json['00100010']?.Value?.[0];
  if (!isPersonName(name)) return '';
  const { Alphabetic = '', Ideographic = '', Phonetic = '' } = name;
  return normalized(`${Alphabetic}=${Ideographic}=${Phonetic}`);
}

function isPersonName(value: DicomJsonValue | undefined): value is DicomJsonPersonName {
  return typeof value === 'object' && value !== null;
}

/** Without padding and trailing empty groups, which carry nothing. */
function normalized(name: string): string {
  return name.trim().replace(/=+$/, '');
}
