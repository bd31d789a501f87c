/**
 * Cyrillic words as skeletons: Russian, Kazakh, Ukrainian, Belarusian, Kyrgyz, Tatar, Uzbek letters in the letters of
 * skeleton.ts. Where languages or habits differ (ё is written е, ң is written н or нг) a word has several.
 */
import { combine, tidySkeleton } from './skeleton.ts';

/** Alternatives of each letter, the usual one first. */
const letters: Readonly<Record<string, readonly string[]>> = {
  а: ['a'],
  ә: ['a'],
  ӑ: ['a'],
  б: ['b'],
  в: ['v'],
  г: ['g'],
  ґ: ['g'],
  ғ: ['g'],
  д: ['d'],
  е: ['e'],
  є: ['e'],
  ё: ['e', 'io'],
  ж: ['j'],
  җ: ['j'],
  з: ['z'],
  и: ['i'],
  і: ['i'],
  ї: ['i'],
  й: ['i'],
  к: ['k'],
  қ: ['k'],
  л: ['l'],
  м: ['m'],
  н: ['n'],
  ң: ['n', 'ng'],
  о: ['o'],
  ө: ['o'],
  п: ['p'],
  р: ['r'],
  с: ['s'],
  т: ['t'],
  у: ['u'],
  ў: ['u', 'o'],
  ұ: ['u'],
  ү: ['u'],
  ф: ['f'],
  х: ['h'],
  һ: ['h'],
  ҳ: ['h'],
  ц: ['c'],
  ч: ['q'],
  ҷ: ['j'],
  ш: ['x'],
  щ: ['x'],
  ъ: [''],
  ы: ['i'],
  ь: [''],
  э: ['e'],
  ю: ['iu'],
  я: ['ia'],
  љ: ['l'],
  њ: ['n'],
  ћ: ['q'],
  ђ: ['j'],
  ј: ['i'],
  џ: ['j'],
};

/** Skeletons of a word in small Cyrillic letters; none if a letter is unknown. */
export function cyrillicSkeletons(word: string): string[] {
  const parts: (readonly string[])[] = [];
  for (const letter of word.replaceAll(/дж|чж/g, 'җ')) {
    const alternatives = letters[letter];
    if (alternatives === undefined) return [];
    parts.push(alternatives);
  }
  return tidySkeleton(combine(parts));
}
