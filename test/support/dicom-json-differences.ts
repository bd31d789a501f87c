/**
 * Where our DICOM JSON differs from that of other implementations, and why we stand by it. Kinds that both lists of
 * justified differences need.
 */
import type { ComparedAttribute, Difference, JustifiedDifference } from './compare-dicom-json.ts';

/** Binary values too long to be kept are ours by reference. */
export const byReference: JustifiedDifference = {
  why: 'PS3.18 §F.2.6: long binary values and pixel data are BulkDataURI here, InlineBinary there',
  applies: ({ path, ours, theirs }) =>
    ours?.vr === theirs?.vr && ours?.BulkDataURI === `bulk:${path}` && theirs?.InlineBinary !== undefined,
};

/** UN that need not stay UN. */
export const knownVrOfUn: JustifiedDifference = {
  why: 'PS3.5 §6.2.2: an attribute written as UN gets the VR of the dictionary, private creators LO (§7.8.1)',
  applies: ({ tag, ours, theirs }) =>
    theirs?.vr === 'UN' && ours !== undefined && ours.vr !== 'UN' && (!isPrivate(tag) || isCreator(tag)),
};

/** NUL is padding. */
export const nulPadding: JustifiedDifference = {
  why: 'NUL at the end of a text value is padding of senders that pad all VRs like UI (PS3.5 §6.2), no character',
  applies: ({ ours, theirs }) =>
    sameVr(ours, theirs) && texts(theirs).includes('\0') && withoutPadding(ours) === withoutPadding(theirs),
};

/** Not in the model. */
export const textBeyondItsVr: JustifiedDifference = {
  why: 'text beyond ASCII in a VR without character sets is decoded like the rest of the data set, not as garbage',
  applies: ({ ours, theirs }) =>
    sameVr(ours, theirs) && ['AE', 'CS'].includes(ours?.vr ?? '') && /[^\0-\x7f]/.test(texts(ours)),
};

/** Whether both sides have the same VR. */
export function sameVr(ours: Difference['ours'], theirs: Difference['theirs']): boolean {
  return ours !== undefined && ours.vr === theirs?.vr;
}

/** Whether an attribute is there without a value. */
export function isEmpty(attribute: ComparedAttribute | undefined): boolean {
  return attribute !== undefined && attribute.Value === undefined && attribute.InlineBinary === undefined;
}

/** Odd group. */
export function isPrivate(tag: string): boolean {
  return Number.parseInt(tag.slice(0, 4), 16) % 2 === 1;
}

/** The values in one string. */
export function texts(attribute: ComparedAttribute | undefined): string {
  return JSON.stringify(attribute?.Value ?? []).replaceAll(String.raw`\u0000`, '\0');
}

function isCreator(tag: string): boolean {
  return isPrivate(tag) && tag.startsWith('00', 4);
}

function withoutPadding(attribute: ComparedAttribute | undefined): string {
  const text = texts(attribute).replaceAll('\0', '');
  return text
    .replace(/ *"/g, '"')
    .replace('[""]', '[]')
    .replaceAll(/"(-?[\d.]+)"/g, '$1');
}
