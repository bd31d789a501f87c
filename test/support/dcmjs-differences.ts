/** Where dcmjs 0.52 sees an attribute otherwise than we do, and why we stand by ours. */
import type { JustifiedDifference } from './compare-dicom-json.ts';
import {
  byReference,
  isEmpty,
  knownVrOfUn,
  nulPadding,
  sameVr,
  textBeyondItsVr,
  texts,
} from './dicom-json-differences.ts';

const numericVrs = new Set(['FD', 'FL', 'SL', 'SS', 'UL', 'US']);

/** The list; each is needed by at least one file of the corpus. */
export const dcmjsDifferences: readonly JustifiedDifference[] = [
  byReference,
  knownVrOfUn,
  nulPadding,
  textBeyondItsVr,
  {
    why: 'PS3.18 §F.2.2: group lengths shall not be in the model',
    applies: ({ tag, ours }) => tag.endsWith('0000') && ours === undefined,
  },
  {
    why: 'PS3.18 §F.2.3: AT is a string of 8 hexadecimal digits, not a number',
    applies: ({ ours, theirs }) =>
      ours?.vr === 'AT' &&
      JSON.stringify(ours.Value) === JSON.stringify(theirs?.Value?.map((tag) => hexOf(Number(tag)))),
  },
  {
    why: 'PS3.5 §6.2: trailing spaces are padding in AS, DT and PN too',
    applies: ({ ours, theirs }) =>
      sameVr(ours, theirs) && /^(AS|DT|PN)$/.test(ours?.vr ?? '') && trimmed(ours) === trimmed(theirs),
  },
  {
    why: 'an empty element of a numeric VR has no value; it is not 0',
    applies: ({ ours, theirs }) =>
      sameVr(ours, theirs) && numericVrs.has(ours?.vr ?? '') && isEmpty(ours) && texts(theirs) === '[0]',
  },
  {
    why: 'PS3.18 §F.2.3: DS and IS that are no numbers stay as strings; they are not dropped',
    applies: ({ ours, theirs }) =>
      sameVr(ours, theirs) &&
      /^(DS|IS)$/.test(ours?.vr ?? '') &&
      isEmpty(theirs) &&
      texts(ours).startsWith('["'),
  },
  {
    why: 'PS3.5 §6.4: ST, LT and UT have one value, a backslash in them is text',
    applies: ({ ours, theirs }) =>
      sameVr(ours, theirs) &&
      /^(ST|LT|UT)$/.test(ours?.vr ?? '') &&
      theirs?.Value?.[1] !== undefined &&
      endless(ours?.Value?.[0]) === endless(theirs.Value.map(textOf).join('\\')),
  },
  {
    why: 'PS3.5 §6.2: in ST, LT and UT only spaces are padding, line ends are text',
    applies: ({ ours, theirs }) =>
      sameVr(ours, theirs) && ours?.vr === 'UT' && endless(ours.Value?.[0]) === endless(theirs?.Value?.[0]),
  },
  {
    why: 'PS3.18 §F.2.2: empty items are empty objects; they count, because items are found by number',
    applies: ({ ours, theirs }) =>
      sameVr(ours, theirs) &&
      ours?.vr === 'SQ' &&
      texts({ Value: ours.Value?.slice(theirs?.Value?.length ?? 0) }) === '[{}]',
  },
  {
    why: 'PS3.6: US or SS follows Pixel Representation, in implicit VR as in UN',
    applies: ({ tag, ours, theirs }) =>
      tag.startsWith('0028') && ours?.vr === 'SS' && ['US', 'xs', 'UN'].includes(theirs?.vr ?? ''),
  },
  {
    why: 'UI holds what was received, also characters no UID may have; they are not dropped',
    applies: ({ ours, theirs }) =>
      ours?.vr === 'UI' && theirs?.vr === 'UI' && texts(ours).replace(/[^\d."[\]]/g, '') !== texts(ours),
  },
  {
    why: 'an element without a VR (spaces in its place) has a 16-bit length; dcmjs takes 32 bits and loses what follows',
    applies: ({ path, theirs }, dataSet) =>
      theirs === undefined && dataSet['00280120']?.vr === 'UN' && path > '00280120',
  },
  {
    why: 'PS3.5 §6.2.2: a sequence of defined length in UN is implicit VR; dcmjs reads explicit VR into it and gets garbage',
    applies: ({ ours, theirs }) =>
      ours?.vr === 'UN' && ours.InlineBinary !== undefined && theirs?.vr === 'SQ',
  },
];

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Text without line ends, spaces and NULs at its end. */
function endless(text: unknown): string {
  return textOf(text).replace(/[\s\0]+$/, '');
}

function hexOf(tag: number): string {
  return tag.toString(16).toUpperCase().padStart(8, '0');
}

function trimmed(attribute: Parameters<typeof texts>[0]): string {
  return texts(attribute).replace(/ +"/g, '"').replace('[{"Alphabetic":""}]', '[]');
}
