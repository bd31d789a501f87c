/**
 * Values of a text value field: where they are split and what is padding (PS3.5 §6.2, §6.4).
 *
 * NUL pads UIDs; many senders pad everything with it. A NUL inside a value means nothing in any VR and is U+FFFD, like
 * any other byte without a meaning: databases refuse NUL in text.
 */
import type { TextKind } from './iso-2022.ts';
import { decodeLatin1 } from './text-encoding.ts';
import type { Vr } from './vr.ts';

const [nul, space, backslash] = [0x00, 0x20, 0x5c];

/** VRs under Specific Character Set (PS3.5 §6.1.2.2) and their kind; undefined: default repertoire only. */
export function textKindOf(vr: Vr): TextKind | undefined {
  if (vr === 'PN') return 'name';
  if (vr === 'LO' || vr === 'SH' || vr === 'UC') return 'value';
  return vr === 'LT' || vr === 'ST' || vr === 'UT' ? 'text' : undefined;
}

/** Splits decoded text into its values, without padding; nothing but padding gives []. */
export function splitValues(text: string, vr: Vr): string[] {
  if (!text.includes('\\') || isSingleValued(vr)) {
    const value = trim(text, vr);
    return value === '' ? [] : [value];
  }
  return text.split('\\').map((value) => trim(value, vr));
}

/** The same for a value field of ASCII bytes, without decoding what is padding. */
export function splitAsciiValues(bytes: Uint8Array, vr: Vr): string[] {
  let end = bytes.length;
  while (end > 0 && isPadding(bytes[end - 1])) end--;
  let start = 0;
  if (!keepsLeadingSpaces(vr)) while (start < end && isPadding(bytes[start])) start++;
  if (start === end) return [];
  if (isSingleValued(vr) || !hasBackslash(bytes, start, end))
    return [withoutNul(decodeLatin1(bytes, start, end))];
  return decodeLatin1(bytes, start, end)
    .split('\\')
    .map((value) => trim(value, vr));
}

/** ST, LT, UT and UR have one value; a backslash in them is text (UR: not allowed). */
function isSingleValued(vr: Vr): boolean {
  return vr === 'LT' || vr === 'ST' || vr === 'UT' || vr === 'UR';
}

/** Leading spaces are text in ST, LT, UT and UC and not allowed in UR; everywhere else they may be ignored. */
function keepsLeadingSpaces(vr: Vr): boolean {
  return isSingleValued(vr) || vr === 'UC';
}

function isPadding(byte: number | undefined): boolean {
  return byte === space || byte === nul;
}

function hasBackslash(bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index++) if (bytes[index] === backslash) return true;
  return false;
}

function trim(text: string, vr: Vr): string {
  let end = text.length;
  while (end > 0 && isPadding(text.charCodeAt(end - 1))) end--;
  let start = 0;
  if (!keepsLeadingSpaces(vr)) while (start < end && isPadding(text.charCodeAt(start))) start++;
  return withoutNul(text.slice(start, end));
}

function withoutNul(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text;
}
