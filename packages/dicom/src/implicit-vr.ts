/**
 * The VR of an element in implicit VR syntaxes: from the dictionary, where it leaves a choice from the data set
 * (PS3.5 §A.1 and PS3.6 §6).
 */
import { entryOfTag } from './dictionary.ts';
import { isPrivateCreator, type Tag, Tags } from './tag.ts';
import { isVr, type Vr } from './vr.ts';

/** First number (16 bit) of an element read before, of this data set or one around it; undefined if there is none. */
export type NumberLookup = (tag: Tag) => number | undefined;

/** 'UN' for private and unknown tags; private creators are LO (PS3.5 §7.8.1). */
export function implicitVrOf(tag: Tag, lookup: NumberLookup): Vr {
  const vr = entryOfTag(tag)?.vr;
  if (vr === undefined) return isPrivateCreator(tag) ? 'LO' : 'UN';
  if (isVr(vr)) return vr;
  if (vr === 'US or SS') return lookup(Tags.PixelRepresentation) === 1 ? 'SS' : 'US';
  if (vr === 'OB or OW') return 'OW';
  if (vr === 'none') return 'UN';
  return lookup(Tags.LUTDescriptor) === 1 ? 'US' : 'OW';
}
