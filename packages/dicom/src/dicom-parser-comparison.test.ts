/**
 * Every accepted file of the corpus is read by this reader and by dicom-parser, written by others: the same elements,
 * at the same offsets, of the same lengths, with the same items and fragments.
 */
import dicomParser, { type DataSet as TheirDataSet } from 'dicom-parser';
import { describe, expect, it } from 'vitest';
import { corpusFiles, readCorpusFile, skipWithoutCorpus } from '../../../test/support/corpus.ts';
import type { DataSet } from './data-set.ts';
import { entryOfTag } from './dictionary.ts';
import { type Part10File, readPart10 } from './part10-reader.ts';
import { groupOf, tagToHex } from './tag.ts';

/** Files in which the two differ otherwise than `normalised` says, and who is right. */
const justified: Readonly<Record<string, string>> = {
  'awkward/explicit_with_private_sequence_having_undefined_length_and_implicit_encoding.dcm':
    'dicom-parser forgets the items of a private sequence in implicit VR',
};

interface Structure {
  readonly elements: readonly string[];
  readonly pixels: object | undefined;
}

const delimiterBytes = 8;
const itemDelimitation = 'FFFEE00D';

/** Path, offset, length and number of items of each element, in stream order. */
function ourElements(dataSet: DataSet, shift: number, path = ''): string[] {
  return [...dataSet.elements.values()].flatMap(({ tag, offset, length, items = [] }) => {
    const here = `${path}${tagToHex(tag)}`;
    const inner = items.flatMap((item, index) => ourElements(item, shift, `${here}/${index + 1}/`));
    return [`${here} ${offset + shift} ${length} ${items.length}`, ...inner];
  });
}

/**
 * The same of dicom-parser, normalised: it lists item delimiters as elements, leaves the sequence delimiter out of a
 * sequence's length, counts the file meta information as data set, and reads a deflated file again from its first byte.
 */
function theirElements(dataSet: TheirDataSet, from: number, path = ''): string[] {
  return Object.values(dataSet.elements).flatMap((element) => {
    const tag = element.tag.slice(1).toUpperCase();
    const isMeta = path === '' && tag.startsWith('0002');
    if (isMeta || tag === itemDelimitation || element.dataOffset < from) return [];
    const here = `${path}${tag}`;
    const items = element.items ?? [];
    const delimiter = element.hadUndefinedLength === true && element.items !== undefined ? delimiterBytes : 0;
    const inner = items.flatMap(({ dataSet: item }, index) =>
      item === undefined ? [] : theirElements(item, from, `${here}/${index + 1}/`),
    );
    return [`${here} ${element.dataOffset} ${element.length + delimiter} ${items.length}`, ...inner];
  });
}

/** Offset table and place of each fragment; nothing for native pixel data. */
function ourFragments({ pixelData }: Part10File): object | undefined {
  if (pixelData?.kind !== 'encapsulated') return undefined;
  const { basicOffsets, fragments } = pixelData;
  return { basicOffsets, fragments: fragments.map(({ offset, length }) => [offset, length]) };
}

function theirFragments({ elements }: TheirDataSet): object | undefined {
  const { fragments, basicOffsetTable: basicOffsets } = elements['x7fe00010'] ?? {};
  if (fragments === undefined) return undefined;
  return { basicOffsets, fragments: fragments.map(({ position, length }) => [position, length]) };
}

function readBoth(path: string): { ours: Structure; theirs: Structure } {
  const bytes = readCorpusFile(path);
  const file = readPart10(bytes);
  const theirs = parseTheirs(bytes, file);
  const shift = file.deflated ? file.dataSetOffset : 0;
  return {
    ours: { elements: ourElements(file.dataSet, shift), pixels: ourFragments(file) },
    theirs: { elements: theirElements(theirs, file.dataSetOffset), pixels: theirFragments(theirs) },
  };
}

function parseTheirs(bytes: Buffer, file: Part10File): TheirDataSet {
  return dicomParser.parseDicom(bytes, {
    ...(file.meta === undefined ? { TransferSyntaxUID: file.transferSyntax.uid } : {}),
    vrCallback: (tag) => {
      const number = Number.parseInt(tag.slice(1), 16);
      return groupOf(number) % 2 === 1 ? undefined : entryOfTag(number)?.vr;
    },
  });
}

describe.skipIf(skipWithoutCorpus)('dicom-parser', () => {
  const paths = corpusFiles()
    .filter(({ verdict, lean }) => verdict === 'accept' || lean === 'accept')
    .map(({ path }) => path);

  it.each(paths.filter((path) => !(path in justified)))('agrees on %s', (path) => {
    const { ours, theirs } = readBoth(path);
    expect(ours).toEqual(theirs);
  });

  it.each(Object.entries(justified))('differs on %s: %s', (path) => {
    const { ours, theirs } = readBoth(path);
    expect(ours.elements).not.toEqual(theirs.elements);
  });
});
