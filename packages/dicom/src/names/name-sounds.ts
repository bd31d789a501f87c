/** How the words of a name sound, whatever their order and script: Daitch-Mokotoff codes for fuzzy matching (PS3.18 §8.3.4.2). */
import { daitchMokotoff } from './daitch-mokotoff.ts';
import { foldName, readWord } from './name-word.ts';

/** Most words of a name that have sounds. */
const mostWords = 16;

/** Codes of all words of all component groups, without repetitions. */
export function nameSounds(name: string): string[] {
  return [...new Set(nameWords(name).flatMap(wordSounds))];
}

/** The words of a name: component groups, components, spaces and hyphens part them. */
export function nameWords(name: string): string[] {
  return foldName(name)
    .split(/[=^\- ]+/)
    .filter((word) => word !== '')
    .slice(0, mostWords);
}

/** Codes of one word that foldName has passed; none if no rule reads it. */
export function wordSounds(word: string): string[] {
  const reading = readWord(word);
  if (reading === undefined) return [];
  const spelled = reading.script === 'h' ? reading.korean : reading.plain;
  return [...new Set(spelled.flatMap((skeleton) => daitchMokotoff(spell(skeleton))))];
}

const spellings: Readonly<Record<string, string>> = { c: 'ts', j: 'zh', q: 'tch', x: 'sh', N: 'ng' };

/** A skeleton in letters that the code knows. */
function spell(skeleton: string): string {
  return skeleton.replaceAll(/[cjqxN]/g, (letter) => spellings[letter] ?? letter);
}
