/**
 * CP949 (Unified Hangul Code, KS X 1001 plus every other modern syllable). The platform's "euc-kr" is KS X 1001
 * alone and turns the rest into control characters, so names with syllables such as 똠 or 뷁 would be lost.
 *
 * No table is needed: CP949 puts the 11,172 − 2,350 syllables that KS X 1001 lacks, in Unicode order, into the
 * free trail bytes of the lead bytes 81–C6 (trail 41–5A, 61–7A, 81–FE; from lead A1 on up to A0 only).
 */

import { TextDecoder } from 'node:util';

const firstLead = 0x81;
const firstTrail = 0x41;
const trails = 0xff - firstTrail;
const replacement = 0xfffd;

let table: Uint16Array | undefined;

/** Text of CP949 bytes; U+FFFD for what is undefined. An ASCII byte after a stray lead byte is kept: it may be a delimiter. */
export function decodeCp949(bytes: Uint8Array): string {
  table ??= makeTable();
  let text = '';
  for (let index = 0; index < bytes.length; index++) {
    const lead = bytes[index] ?? 0;
    if (lead < 0x80) {
      text += String.fromCharCode(lead);
      continue;
    }
    const trail = bytes[index + 1] ?? 0;
    const codeUnit = codeUnitOf(table, lead, trail);
    text += String.fromCharCode(codeUnit);
    if (codeUnit !== replacement || trail >= 0x80) index++;
  }
  return text;
}

function codeUnitOf(table: Uint16Array, lead: number, trail: number): number {
  if (lead < firstLead || lead > 0xfe || trail < firstTrail || trail > 0xfe) return replacement;
  return table[(lead - firstLead) * trails + trail - firstTrail] ?? replacement;
}

function makeTable(): Uint16Array {
  const table = new Uint16Array((0xfe - firstLead + 1) * trails).fill(replacement);
  const known = addKsX1001(table);
  addRemainingSyllables(table, known);
  return table;
}

function addKsX1001(table: Uint16Array): Set<number> {
  const decoder = new TextDecoder('euc-kr');
  const known = new Set<number>();
  for (let lead = 0xa1; lead <= 0xfe; lead++) {
    for (let trail = 0xa1; trail <= 0xfe; trail++) {
      const codeUnit = decoder.decode(Uint8Array.of(lead, trail)).charCodeAt(0);
      if (codeUnit >= 0xe000 && codeUnit <= 0xf8ff) continue; // user-defined rows: no character
      table[(lead - firstLead) * trails + trail - firstTrail] = codeUnit;
      known.add(codeUnit);
    }
  }
  table[(0xa2 - firstLead) * trails + 0xe6 - firstTrail] = 0x20ac; // euro sign, added to KS X 1001 in 1998
  table[(0xa2 - firstLead) * trails + 0xe7 - firstTrail] = 0x00ae; // registered sign
  return known;
}

function addRemainingSyllables(table: Uint16Array, known: ReadonlySet<number>): void {
  let lead = firstLead;
  let trail = firstTrail;
  for (let syllable = 0xac00; syllable <= 0xd7a3; syllable++) {
    if (known.has(syllable)) continue;
    table[(lead - firstLead) * trails + trail - firstTrail] = syllable;
    trail++;
    if (trail === 0x5b) trail = 0x61;
    else if (trail === 0x7b) trail = 0x81;
    else if (trail > (lead <= 0xa0 ? 0xfe : 0xa0)) {
      lead++;
      trail = firstTrail;
    }
  }
}
