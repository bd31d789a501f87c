/** How an instance composed of retrieved metadata and bulk data may differ from the one it was retrieved from, and why. */
import type { ComparedAttribute, JustifiedDifference } from './compare-dicom-json.ts';

export const copyDifferences: readonly JustifiedDifference[] = [
  {
    why: 'encapsulated pixel data are OB (PS3.5 §A.4); some writers say OW',
    applies: ({ path, ours, theirs }) => path === '7FE00010' && ours?.vr === 'OB' && theirs?.vr === 'OW',
  },
  {
    why: 'Data Set Trailing Padding fills a file (PS3.10 §7.2) and says nothing of the instance',
    applies: ({ tag, ours }) => tag === 'FFFCFFFC' && ours === undefined,
  },
];

/** What the Native DICOM Model cannot say (PS3.19 §A.1). */
export const xmlDifferences: readonly JustifiedDifference[] = [
  {
    why: 'it has no number for a private block: creators get the first ones that are free, and are written where used',
    applies: ({ tag }) => isPrivate(tag),
  },
  {
    why: 'empty components at the end of a person name have no element',
    applies: ({ ours, theirs }) =>
      theirs?.vr === 'PN' && JSON.stringify(trimmedNames(theirs)) === JSON.stringify(trimmedNames(ours)),
  },
  {
    why: 'empty values at the end have no element',
    applies: ({ ours, theirs }) =>
      theirs?.Value?.at(-1) === null &&
      JSON.stringify(ours?.Value) === JSON.stringify(theirs.Value.filter((value) => value !== null)),
  },
];

function isPrivate(tag: string): boolean {
  return Number.parseInt(tag.slice(3, 4), 16) % 2 === 1;
}

/** The values without carets at the end of their groups, and without empty names. */
function trimmedNames(attribute: ComparedAttribute | undefined): unknown[] {
  const texts = (attribute?.Value ?? []).map((value) => JSON.stringify(value).replace(/\^+"/g, '"'));
  return texts.filter((text) => /:"[^"]/.test(text));
}
