/**
 * Hangul syllables in coarse Korean skeletons (korean-skeleton.ts): Revised Romanization, McCune-Reischauer, the spellings of
 * passports and Kontsevich's Cyrillic all come to one of these.
 */
import { combine } from './skeleton.ts';

const firstSyllable = 0xac00;
const lastSyllable = 0xd7a3;

/** ㄱ ㄲ ㄴ ㄷ ㄸ ㄹ ㅁ ㅂ ㅃ ㅅ ㅆ ㅇ ㅈ ㅉ ㅊ ㅋ ㅌ ㅍ ㅎ */
const initials = 'k k n t t l m p p s s . q q q k t p h'.split(' ');

/** ㅏ ㅐ ㅑ ㅒ ㅓ ㅔ ㅕ ㅖ ㅗ ㅘ ㅙ ㅚ ㅛ ㅜ ㅝ ㅞ ㅟ ㅠ ㅡ ㅢ ㅣ; alternatives as romanisations have them. */
const vowels = 'a e ia e o/u e io/iu e o va ve ve/oi/oe io u vo ve vi/ui iu u/i i/ui i'
  .split(' ')
  .map((alternatives) => alternatives.split('/'));

/** None, then ㄱ ㄲ ㄳ ㄴ ㄵ ㄶ ㄷ ㄹ ㄺ ㄻ ㄼ ㄽ ㄾ ㄿ ㅀ ㅁ ㅂ ㅄ ㅅ ㅆ ㅇ ㅈ ㅊ ㅋ ㅌ ㅍ ㅎ */
const finals = '. k k k n n n t l k m l l l p l m p p t t N t t k t p t'.split(' ');

/** Vowels that are written u only in a closed syllable: 정 is Jung, 서 is not Su. */
const openVowels: Readonly<Record<string, readonly string[]>> = { 'o/u': ['o'], 'io/iu': ['io'] };

/** Coarse skeletons of a word of syllables; none if it has anything else. */
export function hangulSkeletons(word: string): string[] {
  const parts: (readonly string[])[] = [];
  for (const syllable of word) {
    const index = (syllable.codePointAt(0) ?? 0) - firstSyllable;
    if (index < 0 || index > lastSyllable - firstSyllable) return [];
    const vowel = vowels[Math.floor((index % 588) / 28)] ?? [];
    const final = finals[index % 28] ?? '.';
    const initial = initials[Math.floor(index / 588)] ?? '.';
    parts.push(
      [initial.replace('.', '')],
      initial === '.' && final === '.' && vowel[0] === 'u' ? woo : closedOrOpen(vowel, final),
      [final.replace('.', '')],
    );
  }
  return word === '' ? [] : [...new Set(combine(parts).map(joined))];
}

/** 우 is Woo as often as U. */
const woo = ['u', 'vu'];

function closedOrOpen(vowel: readonly string[], final: string): readonly string[] {
  return final === '.' ? (openVowels[vowel.join('/')] ?? vowel) : vowel;
}

/** Two equal consonants that meet are heard, and compared, as one. */
function joined(word: string): string {
  return word.replaceAll(/(.)\1+/g, '$1').replaceAll('ii', 'i');
}
