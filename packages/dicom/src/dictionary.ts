/**
 * The data dictionary of PS3.6 §6–8: keyword, VR and VM of each standard tag. Private attributes are not in it.
 * Built from the generated table at first use.
 */
import { dictionaryTable } from './generated/dictionary-table.ts';
import { isKeyword, isPrivateTag, type Tag, Tags } from './tag.ts';
import type { Vr } from './vr.ts';

/** The VR as the dictionary writes it: some depend on other attributes; item and delimiter tags have none. */
export type DictionaryVr = Vr | 'OB or OW' | 'US or SS' | 'US or OW' | 'US or SS or OW' | 'none';

/** One attribute of PS3.6. */
export interface DictionaryEntry {
  /** The tag asked for; of a repeating group (50xx, 60xx) the one in that group. */
  readonly tag: Tag;
  readonly keyword: string;
  readonly vr: DictionaryVr;
  /** '1', '1-n', '2-2n' … */
  readonly vm: string;
}

let entries: ReadonlyMap<Tag, DictionaryEntry> | undefined;

/** The dictionary's entry of a standard tag; undefined for private and unknown ones. Group lengths are UL (PS3.5 §7.2). */
export function entryOfTag(tag: Tag): DictionaryEntry | undefined {
  entries ??= buildEntries();
  const entry = entries.get(tag);
  if (entry !== undefined) return entry;
  if ((tag & 0xffff) === 0) return { tag, keyword: 'GenericGroupLength', vr: 'UL', vm: '1' };
  const first = firstOfRepeatingGroup(tag);
  const repeated = first === undefined ? undefined : entries.get(first);
  return repeated === undefined ? undefined : { ...repeated, tag };
}

/** The dictionary's entry of a keyword of PS3.6; undefined if there is none. */
export function entryOfKeyword(keyword: string): DictionaryEntry | undefined {
  return isKeyword(keyword) ? entryOfTag(Tags[keyword]) : undefined;
}

/** Curves and audio (5000-501E) and overlays (6000-601E) repeat in even groups (PS3.5 §7.6). */
function firstOfRepeatingGroup(tag: Tag): Tag | undefined {
  if (isPrivateTag(tag)) return undefined;
  const family = (tag & 0xffe00000) >>> 0;
  return family === 0x50000000 || family === 0x60000000 ? (family | (tag & 0xffff)) >>> 0 : undefined;
}

function buildEntries(): ReadonlyMap<Tag, DictionaryEntry> {
  const keywords = new Map<Tag, string>(Object.entries(Tags).map(([keyword, tag]) => [tag, keyword]));
  const built = new Map<Tag, DictionaryEntry>();
  for (const [vr, vm, tags] of dictionaryTable) {
    for (const digits of tags.split(' ')) {
      const tag = Number.parseInt(digits, 16);
      built.set(tag, { tag, keyword: keywords.get(tag) ?? '', vr, vm });
    }
  }
  return built;
}
