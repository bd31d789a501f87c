/**
 * Coarse Korean skeletons of Latin and Cyrillic words: what is the same in all romanisations of a Hangul word. k = g k,
 * t = d t, p = b p, q = j ch, s = s sh, l = r l, N = ng. They are compared between scripts only, never within one: Jin and
 * Chin may both be 진, but are not each other.
 */
import { combine } from './skeleton.ts';

const consonants: Readonly<Record<string, string>> = {
  g: 'k',
  d: 't',
  b: 'p',
  j: 'q',
  x: 's',
  r: 'l',
};

/** Syllables of Korean, one after the other; nothing longer is a Korean name. */
const koreanWord = /^(?:[ktpqslmnh]?[iv]?[aeou]?[aeiou][ktplmnN]?){1,5}$/;
const longest = 16;

/** From skeletons of a Latin word. */
export function koreanOfLatin(skeletons: readonly string[]): string[] {
  return koreanOnly(
    skeletons.map((word) => coarse(word.replaceAll(/ng(?![aeiou])/g, 'N').replaceAll('ng', 'N'))),
  );
}

/** From skeletons of a Cyrillic word: н at the end of a syllable is ㄴ or ㅇ. */
export function koreanOfCyrillic(skeletons: readonly string[]): string[] {
  return koreanOnly(
    skeletons.flatMap((word) => {
      const pieces = coarse(word).split(/(n(?![aeiou]|i[aou]))/);
      return combine(pieces.map((piece) => (piece === 'n' ? ['n', 'N'] : [piece])));
    }),
  );
}

function coarse(skeleton: string): string {
  return skeleton
    .replaceAll('eo', 'o')
    .replaceAll('ae', 'e')
    .replaceAll('eu', 'u')
    .replaceAll('ou', 'u')
    .replaceAll(/([ktpq])h/g, '$1')
    .replaceAll(/[gdbjxr]/g, (letter) => consonants[letter] ?? letter)
    .replaceAll(/(.)\1+/g, '$1');
}

function koreanOnly(words: readonly string[]): string[] {
  return [...new Set(words)].filter((word) => word.length <= longest && koreanWord.test(word));
}
