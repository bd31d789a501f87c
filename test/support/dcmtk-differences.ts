/** Where DCMTK 3.6.7 sees an attribute otherwise than we do, and why we stand by ours. */
import type { ComparedAttribute, JustifiedDifference } from './compare-dicom-json.ts';
import {
  byReference,
  isEmpty,
  isPrivate,
  knownVrOfUn,
  nulPadding,
  sameVr,
  textBeyondItsVr,
  texts,
} from './dicom-json-differences.ts';

/** The list; each is needed by at least one file of the corpus. */
export const dcmtkDifferences: readonly JustifiedDifference[] = [
  byReference,
  knownVrOfUn,
  nulPadding,
  textBeyondItsVr,
  {
    why: 'DCMTK prints FL with 9 digits: the same 32-bit number; ours is its exact value',
    applies: ({ ours, theirs }) => ours?.vr === 'FL' && areClose(ours, theirs, Math.fround),
  },
  {
    why: 'DCMTK prints the last digit of FD wrongly now and then; ours reads back to the same bits',
    applies: ({ ours, theirs }) =>
      ours?.vr === 'FD' && areClose(ours, theirs, (value) => Number(value.toPrecision(14))),
  },
  {
    why: 'private attributes of implicit VR are UN: we have no private dictionaries, whose owners change their minds',
    applies: ({ tag, ours, theirs }) => isPrivate(tag) && ours?.vr === 'UN' && theirs?.vr !== 'UN',
  },
  {
    why: 'trailing ^ of a name stay as received (PS3.5 §6.2.1.1 allows both); they count for nothing in searches',
    applies: ({ ours, theirs }) =>
      sameVr(ours, theirs) && ours?.vr === 'PN' && withoutCarets(ours) === withoutCarets(theirs),
  },
  {
    why: 'PS3.5 §A.1: OB or OW is OW in implicit VR; the bytes are the same',
    applies: ({ ours, theirs }) =>
      ours?.vr === 'OW' && theirs?.vr === 'OB' && ours.InlineBinary === theirs.InlineBinary,
  },
  {
    why: 'Specific Character Set always says how the JSON is encoded, also over an explicit ISO_IR 6',
    applies: ({ tag, theirs }) => tag === '00080005' && texts(theirs) === '["ISO_IR 6"]',
  },
  {
    why: 'PS3.18 §F.2.5: nothing but padding is an empty value, which has no Value; null is for one among others',
    applies: ({ ours, theirs }) => sameVr(ours, theirs) && isEmpty(ours) && texts(theirs) === '[null]',
  },
];

function areClose(
  ours: ComparedAttribute,
  theirs: ComparedAttribute | undefined,
  rounded: (value: number) => number,
): boolean {
  const round = (attribute: ComparedAttribute): string =>
    JSON.stringify(attribute.Value?.map((value) => rounded(Number(value))));
  return theirs !== undefined && sameVr(ours, theirs) && round(ours) === round(theirs);
}

function withoutCarets(attribute: ComparedAttribute | undefined): string {
  return texts(attribute).replace(/\^+"/g, '"').replace('[{"Alphabetic":""}]', '[]');
}
