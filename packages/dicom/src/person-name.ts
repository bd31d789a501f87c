/**
 * Person names (PS3.5 §6.2.1): up to three component groups separated by '=' (alphabetic, ideographic, phonetic),
 * each of up to five components separated by '^'. Text in, text out; decoding is character-set.ts.
 */

/** A name by component groups; a group that is absent or empty is not there. `{}` = a name with nothing in it. */
export interface PersonName {
  readonly alphabetic?: string;
  readonly ideographic?: string;
  readonly phonetic?: string;
}

/** The five components of one group (PS3.5 §6.2.1.1); one that is absent or empty is not there. */
export interface PersonNameComponents {
  readonly familyName?: string;
  readonly givenName?: string;
  readonly middleName?: string;
  readonly prefix?: string;
  readonly suffix?: string;
}

/**
 * Splits one value of VR PN into its groups, without leading and trailing spaces. Components stay as they are,
 * trailing '^' too. More than three groups are malformed; the surplus stays in the third, so that nothing is lost.
 */
export function parsePersonName(text: string): PersonName {
  if (!text.includes('=')) return personNameOf(text, '', '');
  const [alphabetic = '', ideographic = '', ...phonetic] = text.split('=');
  return personNameOf(alphabetic, ideographic, phonetic.join('='));
}

/** The value of VR PN for a name, without trailing empty groups: the inverse of parsePersonName. */
export function formatPersonName({ alphabetic = '', ideographic = '', phonetic = '' }: PersonName): string {
  return `${alphabetic}=${ideographic}=${phonetic}`.replace(/=+$/, '');
}

/** The components of one group, without their leading and trailing spaces; a sixth and further are ignored. */
export function parsePersonNameComponents(group: string): PersonNameComponents {
  const [familyName, givenName, middleName, prefix, suffix] = group.split('^').map((part) => part.trim());
  return {
    ...(familyName && { familyName }),
    ...(givenName && { givenName }),
    ...(middleName && { middleName }),
    ...(prefix && { prefix }),
    ...(suffix && { suffix }),
  };
}

/**
 * The search key of a name or of a part of one: two spellings of which a person would say "the same name, typed
 * otherwise" have the same key. For matching only, never shown.
 *
 * - Compatibility forms are one (full-width and half-width letters, ligatures): NFKD, composed again at the end.
 * - Case is folded ('STRASSE' = 'Straße', final sigma = sigma).
 * - Marks are dropped where they are accents: in Latin (é = e, İ = i, and ø ł đ ħ æ œ þ ð ı as their plain letters),
 *   Greek, Hebrew (points) and Arabic (vowel signs, hamza).
 * - Marks are kept where they make another letter: Cyrillic й ≠ и, ё ≠ е, ї ≠ і; kana が ≠ か; vowel signs of
 *   Thai and the Indic scripts. Қ, Ә, Ғ and the other Kazakh letters are letters of their own and stay.
 * - '^', spaces, commas and dots between parts count as one space, apostrophes and hyphens of all kinds as ' and -.
 * - Groups stay apart by '='; empty groups at the end are dropped.
 */
export function personNameKey(text: string): string {
  const isPlain = /^[\x20-\x5f\x61-\x7e]*$/.test(text); // ASCII but the grave accent
  const folded = isPlain ? text.toLowerCase() : foldLetters(text);
  return folded
    .replace(/[\s^,.]+/g, ' ')
    .replace(/ ?= ?/g, '=')
    .replace(/^ | ?=* ?$/g, '');
}

const latinLetters: Readonly<Record<string, string>> = {
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ħ: 'h',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
  ð: 'd',
};

function foldLetters(text: string): string {
  return plainPunctuation(plainPunctuation(text).normalize('NFKD'))
    .toLowerCase()
    .toUpperCase() // ß becomes SS
    .toLowerCase()
    .replace(/([\p{Script=Latin}\p{Script=Greek}\p{Script=Hebrew}\p{Script=Arabic}])\p{Mn}+/gu, '$1')
    .replace(/[øłđħæœþð]/g, (letter) => latinLetters[letter] ?? letter)
    .replaceAll('ς', 'σ')
    .normalize('NFC');
}

function plainPunctuation(text: string): string {
  return text.replace(/[‘’‛ʼʻʹ´`]/g, "'").replace(/[‐‑‒–—―]/g, '-');
}

function personNameOf(alphabetic: string, ideographic: string, phonetic: string): PersonName {
  const [first, second, third] = [alphabetic.trim(), ideographic.trim(), phonetic.trim()];
  return {
    ...(first !== '' && { alphabetic: first }),
    ...(second !== '' && { ideographic: second }),
    ...(third !== '' && { phonetic: third }),
  };
}
