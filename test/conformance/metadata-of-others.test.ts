/** Metadata as other implementations write them (dcmtk, dcmjs), composed to a file: it says what they said. */
import {
  composePart10,
  DicomError,
  type DicomJson,
  readDicomJson,
  readNativeDicomModel,
  readPart10,
  toDicomJson,
} from '@sandyq/dicom';
import { describe, expect, it } from 'vitest';
import { type ComparedDataSet, compareDicomJson, type Difference } from '../support/compare-dicom-json.ts';
import { corpusFiles, isAcceptable, readCorpusFile, skipWithoutCorpus } from '../support/corpus.ts';
import { readWithDcmjs } from '../support/dcmjs.ts';
import { nativeModelWithDcmtk, readWithDcmtk, skipWithoutDcmtk } from '../support/dcmtk.ts';

const FILES_OF_A_KIND = 1;
const contentOf = () => {
  throw new Error('no bulk data here');
};

/** One file of each folder, character sets and awkward ones all. */
function chosenFiles() {
  const files = corpusFiles().filter((file) => isAcceptable(file) && file.bytes < 1_000_000);
  const kinds = Map.groupBy(files, ({ path, TransferSyntaxUID }) =>
    path.startsWith('charsets/') ? path : [path.split('/')[0], TransferSyntaxUID].join(' '),
  );
  return [...kinds.values()].flatMap((kind) => kind.slice(0, FILES_OF_A_KIND));
}

async function composedJson(instance: ReturnType<typeof readDicomJson>): Promise<DicomJson> {
  const options = { transferSyntaxUid: '1.2.840.10008.1.2.1', contentOf };
  const chunks = await Array.fromAsync(composePart10(instance, options));
  return toDicomJson(readPart10(Buffer.concat(chunks)), { bulkDataUri: (path) => path }).json;
}

/** Without pixel data (which are bulk data), the label of the text, and what is of no instance. */
function compared(dataSet: ComparedDataSet): ComparedDataSet {
  return Object.fromEntries(
    Object.entries(dataSet).filter(
      ([tag]) => tag < '7FE00001' && tag !== '00080005' && !tag.startsWith('0002') && !tag.endsWith('0000'),
    ),
  );
}

/** dcm2xml 3.6.7 writes words in base64 with their high byte first, and components of names without spaces at their end. */
function isOfDcm2xml({ ours, theirs }: Difference): boolean {
  if (ours?.vr === 'PN') return withoutSpace(ours) === withoutSpace(theirs);
  return ours?.InlineBinary !== undefined && ['OW', 'OF', 'OD', 'OL', 'OV'].includes(ours.vr ?? '');
}

/** Of names that end in the escape of a character set dcm2xml makes a phonetic group without letters. */
function withoutSpace(attribute: Difference['ours']): string {
  return JSON.stringify(attribute?.Value ?? [])
    .replaceAll(/[\s^]+/g, '')
    .replaceAll(/,"Phonetic":"[^"]*"/g, '');
}

/** The same in other words: digits of a number, padding, long values that became bulk data. */
function isSameInOtherWords({ ours, theirs }: Difference): boolean {
  if (ours?.BulkDataURI !== undefined) return true;
  if (theirs?.vr === 'UN' || ours?.vr === 'UN') return true;
  const isFloat = ours?.vr === 'FL';
  const plain = (attribute: typeof ours) =>
    JSON.stringify(attribute?.Value ?? attribute?.InlineBinary ?? [null])
      .replaceAll(/(?:\\u0000| )+"/g, '"')
      .replace(
        /"(-?\d[\d.]*(?:[eE][+-]?\d+)?)"|(?<=[[,])(-?\d[\d.]*(?:[eE][+-]?\d+)?)(?=[,\]])/g,
        (_all, quoted?: string, bare?: string) => {
          const number = Number(quoted ?? bare);
          return String(isFloat ? Math.fround(number) : number);
        },
      )
      .replaceAll(/\^+"/g, '"')
      .replaceAll(/\[(?:""|\{\}|\{"Alphabetic":""\})?\]/g, '[null]');
  // Texts in which a backslash is a letter, taken for several.
  if (['ST', 'LT', 'UT', 'UR'].includes(ours?.vr ?? '') && (theirs?.Value?.length ?? 0) > 1)
    return ours?.Value?.[0] === theirs?.Value?.join('\\');
  // Tags as numbers.
  if (ours?.vr === 'AT')
    return (
      theirs?.Value?.every(
        (tag, index) => Number(tag) === Number.parseInt(String(ours.Value?.[index]), 16),
      ) ?? false
    );
  return plain(ours) === plain(theirs);
}

function differences(
  path: string,
  ours: DicomJson,
  theirs: ComparedDataSet,
  isJustified: (difference: Difference) => boolean = () => false,
): string[] {
  return compareDicomJson(compared(ours as ComparedDataSet), compared(theirs))
    .filter(
      (difference) =>
        difference.tag !== '00080005' &&
        !difference.tag.endsWith('0000') &&
        !isSameInOtherWords(difference) &&
        !isJustified(difference),
    )
    .map(
      ({ path: at, ours: a, theirs: b }) =>
        `${path} ${at}: ${JSON.stringify(a)?.slice(0, 80)} | ${JSON.stringify(b)?.slice(0, 80)}`,
    );
}

describe.skipIf(skipWithoutCorpus)('metadata of others', () => {
  it.skipIf(skipWithoutDcmtk)('by dcm2json', async () => {
    const found: string[] = [];
    let read = 0;
    for (const { path } of chosenFiles()) {
      const answer = readWithDcmtk(withoutPixelData(readCorpusFile(path)));
      if ('refusal' in answer) continue;
      read += 1;
      found.push(
        ...differences(path, await composedJson(readDicomJson(JSON.stringify(answer.json))), answer.json),
      );
    }
    expect(found).toEqual([]);
    expect(read).toBeGreaterThan(40);
  });

  it.skipIf(skipWithoutDcmtk)('by dcm2xml, as dcm2json has them', async () => {
    const found: string[] = [];
    let read = 0;
    for (const { path } of chosenFiles()) {
      const bytes = withoutPixelData(readCorpusFile(path));
      const document = nativeModelWithDcmtk(bytes);
      const answer = readWithDcmtk(bytes);
      if (document === undefined || 'refusal' in answer) continue;
      read += 1;
      const instance = readable(document);
      if (instance === undefined) continue;
      const ours = await composedJson(instance);
      const isPrivate = (tag: string) => Number.parseInt(tag.slice(3, 4), 16) % 2 === 1;
      found.push(
        ...differences(path, ours, answer.json, isOfDcm2xml).filter(
          (line) => !isPrivate(line.split(' ')[1] ?? ''),
        ),
      );
    }
    expect(found).toEqual([]);
    expect(read).toBeGreaterThan(30);
  });

  it('by dcmjs', async () => {
    const found: string[] = [];
    let read = 0;
    for (const { path } of chosenFiles()) {
      const theirs = dcmjsOrUndefined(withoutPixelData(readCorpusFile(path)));
      // Choices of VRs that it leaves open ('xs', 'ox') are none.
      if (theirs === undefined || /"vr":"(?:xs|ox|lt)"/.test(JSON.stringify(theirs))) continue;
      read += 1;
      found.push(...differences(path, await composedJson(readDicomJson(JSON.stringify(theirs))), theirs));
    }
    expect(found).toEqual([]);
    expect(read).toBeGreaterThan(40);
  });
});

function withoutPixelData(bytes: Buffer): Buffer {
  const { pixelData, transferSyntax, deflated } = readPart10(bytes);
  if (pixelData === undefined || deflated) return bytes;
  return bytes.subarray(0, pixelData.offset - (transferSyntax.explicitVr ? 12 : 8));
}

/** Undefined where dcm2xml wrote what is no XML: bytes of character sets that its iconv lacks, control characters. */
function readable(document: Buffer): ReturnType<typeof readNativeDicomModel> | undefined {
  try {
    return readNativeDicomModel(document);
  } catch (error) {
    if (error instanceof DicomError && /encoding|well-formed/.test(error.message)) return undefined;
    throw error;
  }
}

/** Undefined for what dcmjs cannot read. */
function dcmjsOrUndefined(bytes: Buffer): ComparedDataSet | undefined {
  try {
    return readWithDcmjs(bytes);
  } catch {
    return undefined;
  }
}
