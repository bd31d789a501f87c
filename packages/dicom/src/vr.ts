/** Value representations of PS3.5 §6.2 and what the encoding needs to know about each. */

/** A value representation (PS3.5 Table 6.2-1). */
export type Vr = (typeof allVrs)[number];

// biome-ignore format: a table
const allVrs = [
  'AE', 'AS', 'AT', 'CS', 'DA', 'DS', 'DT', 'FD', 'FL', 'IS', 'LO', 'LT', 'OB', 'OD', 'OF', 'OL', 'OV',
  'OW', 'PN', 'SH', 'SL', 'SQ', 'SS', 'ST', 'SV', 'TM', 'UC', 'UI', 'UL', 'UN', 'UR', 'US', 'UT', 'UV',
] as const;

/** VRs whose explicit form has two reserved bytes and a 32-bit length (PS3.5 §7.1.2, Table 7.1-1). */
const longVrs: ReadonlySet<Vr> = new Set<Vr>([
  'OB',
  'OD',
  'OF',
  'OL',
  'OV',
  'OW',
  'SQ',
  'SV',
  'UC',
  'UN',
  'UR',
  'UT',
  'UV',
]);

/** VRs of bytes or words without an own meaning: kept only if short. */
const binaryVrs: ReadonlySet<Vr> = new Set<Vr>(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'UN']);

const firstLetter = 0x41;
const letters = 26;
const vrByLetters: readonly (Vr | undefined)[] = tabulate();

/** The VR of two letters read as one big-endian number; undefined if they are none. */
export function vrOfLetters(code: number): Vr | undefined {
  const first = (code >> 8) - firstLetter;
  const second = (code & 0xff) - firstLetter;
  if (first < 0 || first >= letters || second < 0 || second >= letters) return undefined;
  return vrByLetters[first * letters + second];
}

/** Whether a text is one VR. */
export function isVr(text: string): text is Vr {
  return text.length === 2 && vrOfLetters(text.charCodeAt(0) * 256 + text.charCodeAt(1)) !== undefined;
}

/** Whether two bytes are capital letters: a VR of a newer edition has the 32-bit form (PS3.5 §7.1.2). */
export function areVrLetters(code: number): boolean {
  const first = (code >> 8) - firstLetter;
  const second = (code & 0xff) - firstLetter;
  return first >= 0 && first < letters && second >= 0 && second < letters;
}

/** Whether the explicit form has a 32-bit length. */
export function hasLongLength(vr: Vr): boolean {
  return longVrs.has(vr);
}

/** Whether the value is an uninterpreted run of bytes or words (OB OD OF OL OV OW UN). */
export function isBinaryVr(vr: Vr): boolean {
  return binaryVrs.has(vr);
}

function tabulate(): readonly (Vr | undefined)[] {
  const table = Array.from<Vr | undefined>({ length: letters * letters });
  for (const vr of allVrs) {
    table[(vr.charCodeAt(0) - firstLetter) * letters + vr.charCodeAt(1) - firstLetter] = vr;
  }
  return table;
}
