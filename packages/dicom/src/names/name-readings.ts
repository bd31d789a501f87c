/**
 * The readings of a name: tokens by which it is found in other scripts (docs/decisions/0022). Stored with the study, compared
 * by the patterns of reading-patterns.ts. Everything is derived from the name: readings can be made again at any time.
 *
 * | token | what it is |
 * | --- | --- |
 * | 1… | skeleton of the family name |
 * | 2… | skeleton of all the rest; `2` alone: there is none |
 * | 3… | skeleton of one word, where family name or rest have several |
 * | 4… | Korean surname (korean-surnames.ts) |
 * | 5s… | coarse Korean skeleton of the family name in script s |
 * | 6s… | the same of all the rest |
 */
import { koreanSurnames } from './korean-surnames.ts';
import { nameParts } from './name-parts.ts';
import { foldName, type NameScript, readWord, type WordReading } from './name-word.ts';
import { combine, tidySkeleton } from './skeleton.ts';

/** Raised when the readings of a name change: stored ones are then made again. */
export const nameReadingsVersion = 1;

/**
 * Tokens of all component groups, with a space before, between and after them; undefined if no rule reads any of it.
 *
 * @param name a value of VR PN
 */
export function nameReadings(name: string): string | undefined {
  const tokens = new Set(name.split('=', 3).flatMap(tokensOf));
  return tokens.size === 0 ? undefined : ` ${[...tokens].join(' ')} `;
}

function tokensOf(group: string): string[] {
  const { family, rest } = nameParts(foldName(group));
  const familyTokens = [
    ...partTokens(family, ['1', '5']),
    ...koreanSurnames(family.join('')).map((surname) => `4${surname}`),
  ];
  if (rest.length === 0) return familyTokens.length === 0 ? [] : [...familyTokens, '2'];
  const words = [...(family.length > 1 ? family : []), ...(rest.length > 1 ? rest : [])];
  return [
    ...familyTokens,
    ...partTokens(rest, ['2', '6']),
    ...words.flatMap((word) => readWord(word)?.plain ?? []).map((word) => `3${word}`),
  ];
}

function partTokens(words: readonly string[], [plainTag, koreanTag]: [string, string]): string[] {
  const part = readPart(words);
  if (part === undefined) return [];
  return [
    ...part.plain.map((word) => plainTag + word),
    ...part.korean.map((word) => koreanTag + part.script + word),
  ];
}

/** Several words as one, the way Gil Dong is Gildong; undefined if one cannot be read or they differ in script. */
export function readPart(words: readonly string[]): WordReading | undefined {
  const readings = words.map(readWord);
  const [first] = readings;
  const script: NameScript | undefined = first?.script;
  if (first === undefined || readings.length === 1) return first;
  if (script === undefined || readings.some((reading) => reading?.script !== script)) return undefined;
  const join = (alternatives: (reading: WordReading) => readonly string[]) =>
    tidySkeleton(combine(readings.map((reading) => (reading === undefined ? [] : alternatives(reading)))));
  return { script, plain: join(({ plain }) => plain), korean: join(({ korean }) => korean) };
}
