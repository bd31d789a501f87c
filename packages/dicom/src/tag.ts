/** Tags as numbers: 0xGGGGEEEE, unsigned (PS3.5 §7.1). */
import { Tags } from './generated/tags.ts';

export { Tags };

/** A data element tag, 0xGGGGEEEE, unsigned. */
export type Tag = number;

/** A keyword of PS3.6. */
export type Keyword = keyof typeof Tags;

/** 'GGGGEEEE', upper case, as PS3.18 Annex F writes it. */
export function tagToHex(tag: Tag): string {
  return tag.toString(16).padStart(8, '0').toUpperCase();
}

/** Group number of a tag. */
export function groupOf(tag: Tag): number {
  return tag >>> 16;
}

/** Whether a tag is of a private group (odd, PS3.5 §7.8). */
export function isPrivateTag(tag: Tag): boolean {
  return (tag & 0x10000) !== 0;
}

/** Whether a tag reserves a private block: (gggg,0010-00FF), gggg odd (PS3.5 §7.8.1). */
export function isPrivateCreator(tag: Tag): boolean {
  const element = tag & 0xffff;
  return isPrivateTag(tag) && element >= 0x10 && element <= 0xff;
}

/**
 * Reads 'GGGGEEEE', 'GGGG,EEEE', '(GGGG,EEEE)' (any case) or a keyword of PS3.6;
 * undefined for anything else.
 */
export function parseTag(text: string): Tag | undefined {
  const digits = /^(?:([0-9a-f]{4}),?([0-9a-f]{4})|\(([0-9a-f]{4}),([0-9a-f]{4})\))$/i.exec(text);
  if (digits !== null) {
    return Number.parseInt(`${digits[1] ?? digits[3]}${digits[2] ?? digits[4]}`, 16);
  }
  return isKeyword(text) ? Tags[text] : undefined;
}

/** Whether a text is a keyword of PS3.6 (any case but its own is none). */
export function isKeyword(text: string): text is Keyword {
  return Object.hasOwn(Tags, text);
}
