/** One word of a name, read aloud: its script and its skeletons. */
import { cyrillicSkeletons } from './cyrillic-skeleton.ts';
import { hangulSkeletons } from './hangul-skeleton.ts';
import { koreanOfCyrillic, koreanOfLatin } from './korean-skeleton.ts';
import { latinSkeletons } from './latin-skeleton.ts';

/** l = Latin, c = Cyrillic, h = Hangul: as they stand in the tokens of name-readings.ts. */
export type NameScript = 'l' | 'c' | 'h';

/** What a word may be in other scripts. */
export interface WordReading {
  readonly script: NameScript;
  /** Skeletons (skeleton.ts), the usual one first; none for Hangul, whose sounds are known coarsely only. */
  readonly plain: readonly string[];
  /** Coarse Korean skeletons (korean-skeleton.ts); none if the word can be no Korean name. */
  readonly korean: readonly string[];
}

/** Longest word that is read, in characters: a component group has 64 (PS3.5 Table 6.2-1). */
const longestWord = 64;

/** Reads a word in folded letters (foldName); undefined for other scripts, mixtures, digits. */
export function readWord(word: string): WordReading | undefined {
  if (word.length > longestWord) return undefined;
  return /[a-z]/.test(word) && /[а-я]/.test(word) ? readLetters(asCyrillic(word)) : readLetters(word);
}

/** Latin letters that look like Cyrillic ones and were typed in a Cyrillic word: Люкceмбypг. */
const lookalikes: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from('aceopxykmhbti', (letter, index) => [letter, 'асеорхукмнвті'.charAt(index)]),
);

function asCyrillic(word: string): string {
  return word.replaceAll(/[a-z]/g, (letter) => lookalikes[letter] ?? letter);
}

function readLetters(word: string): WordReading | undefined {
  const [plainLatin, plainCyrillic] = [latinSkeletons(word), cyrillicSkeletons(word)];
  if (plainLatin.length > 0) return { script: 'l', plain: plainLatin, korean: koreanOfLatin(plainLatin) };
  if (plainCyrillic.length > 0)
    return { script: 'c', plain: plainCyrillic, korean: koreanOfCyrillic(plainCyrillic) };
  const korean = hangulSkeletons(word);
  return korean.length > 0 ? { script: 'h', plain: [], korean } : undefined;
}

/** Characters of a name that are read: more than a value of VR PN has. */
const longestName = 512;

/** A name in small letters, one width, without apostrophes and full stops; '^', spaces, hyphens, `*` and `?` stay. */
export function foldName(text: string): string {
  return text
    .slice(0, longestName)
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\p{Cc}.'"‘’‛ʼʻʹʺ´`]/gu, '')
    .replaceAll(/[‐‑‒–—―_/]/g, '-')
    .replaceAll(/[\s,]+/g, ' ');
}
