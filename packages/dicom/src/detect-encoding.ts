/**
 * Guesses how bytes without the preamble and prefix of PS3.10 §7.1 begin, as other toolkits do: by the first element.
 * Only what every storable instance begins with is recognised: group 0002 or 0008.
 */
import { entryOfTag } from './dictionary.ts';
import { shortHeaderBytes } from './element-header.ts';
import { groupOf, type Tag } from './tag.ts';
import { type TransferSyntax, TransferSyntaxes } from './transfer-syntax.ts';
import { vrOfLetters } from './vr.ts';

/** 'file-meta': group 0002 without preamble; a syntax: a bare data set; undefined: not DICOM. */
export type DetectedStart = 'file-meta' | TransferSyntax | undefined;

const metaGroup = 0x0002;
const identifyingGroup = 0x0008;
/** No first element of group 0008 is longer. */
const longestFirstValueBytes = 0xffff;

/** Looks at the first 8 bytes. */
export function detectStart(bytes: Uint8Array): DetectedStart {
  if (bytes.length < shortHeaderBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = tagAt(view, true);
  const hasVr = vrOfLetters(view.getUint16(4)) !== undefined;
  if (groupOf(little) === metaGroup) return hasVr && isKnown(little) ? 'file-meta' : undefined;
  if (groupOf(little) === identifyingGroup && isKnown(little)) {
    if (hasVr) return TransferSyntaxes.ExplicitVRLittleEndian;
    const plausible = view.getUint32(4, true) <= longestFirstValueBytes;
    return plausible ? TransferSyntaxes.ImplicitVRLittleEndian : undefined;
  }
  const big = tagAt(view, false);
  const isBig = groupOf(big) === identifyingGroup && isKnown(big) && hasVr;
  return isBig ? TransferSyntaxes.ExplicitVRBigEndian : undefined;
}

function tagAt(view: DataView, littleEndian: boolean): Tag {
  return view.getUint16(0, littleEndian) * 0x10000 + view.getUint16(2, littleEndian);
}

function isKnown(tag: Tag): boolean {
  return entryOfTag(tag) !== undefined;
}
