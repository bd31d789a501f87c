/**
 * What a query looks for in the readings of names (name-readings.ts), as regular expressions that PostgreSQL and JavaScript
 * read alike. A query is exact or has `*` and `?`, and is one component group.
 */
import { koreanSurnames, surnameLength } from './korean-surnames.ts';
import { nameParts } from './name-parts.ts';
import { readPart } from './name-readings.ts';
import { nameWords, wordSounds } from './name-sounds.ts';
import { foldName, type NameScript, type WordReading } from './name-word.ts';
import { combine } from './skeleton.ts';

/** Alternatives, of each of which all expressions must be found; none: the query cannot be read. */
export type ReadingPatterns = readonly (readonly string[])[];

/** The patterns of a name typed in one script, for names in others. */
export function readingPatterns(query: string): ReadingPatterns {
  const folded = foldName(query);
  return /[*?]/.test(folded) ? wildcardPatterns(folded) : exactPatterns(folded);
}

/** One word of a fuzzy query: it begins one of the readings, or sounds like a word of the name. */
export interface FuzzyWord {
  readonly pattern: string | undefined;
  readonly sounds: readonly string[];
}

/** The words of a fuzzy query, of which all must be found, in any order; undefined for one that no rule reads. */
export function fuzzyWords(query: string): (FuzzyWord | undefined)[] {
  return nameWords(query.replaceAll(/[*?]/g, '')).map((word) => {
    const reading = readPart([word]);
    if (reading === undefined) return undefined;
    return {
      pattern: inToken(patternsOf(reading), anywhere, { from: '', to: anything }),
      sounds: wordSounds(word),
    };
  });
}

const anything = '[^ ]*';
/** The name is a family name alone. */
const noRest = ' 2 ';

function exactPatterns(folded: string): ReadingPatterns {
  const { family, rest } = nameParts(folded);
  const [familyReading, restReading] = [readPart(family), readPart(rest)];
  if (familyReading === undefined || (rest.length > 0 && restReading === undefined)) return [];
  return pairs(
    { ...patternsOf(familyReading), surnames: koreanSurnames(family.join('')) },
    restReading === undefined ? 'none' : patternsOf(restReading),
  );
}

/** A part of a query: expressions for the text of tokens, without their tags. */
interface PartPatterns {
  readonly script: NameScript;
  readonly plain: readonly string[];
  readonly korean: readonly string[];
  readonly surnames?: readonly string[];
}

function patternsOf({ script, plain, korean }: WordReading): PartPatterns {
  return { script, plain, korean };
}

/** `none`: there must be no rest; `any`: whatever it is. */
function pairs(family: PartPatterns | 'any', rest: PartPatterns | 'none' | 'any'): ReadingPatterns {
  const found: string[][] = [];
  const add = (familyPattern: string | undefined, restPattern: string | undefined) => {
    if (familyPattern === undefined || restPattern === undefined) return;
    found.push([familyPattern, restPattern].filter((pattern) => pattern !== ''));
  };
  if (family === 'any') {
    if (rest !== 'any' && rest !== 'none')
      add('', either(tagged('2', rest.plain), tagged(`6${koreanScripts(rest)}`, rest.korean)));
    return found;
  }
  const others = othersOf(family.script);
  add(token(tagged('1', family.plain)), restPattern(rest, undefined));
  add(token(tagged('4', family.surnames ?? [])), restPattern(rest, others));
  add(token(tagged(`5${koreanScripts(family)}`, family.korean)), restPattern(rest, koreanScripts(family)));
  return found;
}

/** The scripts that coarse skeletons of a part without a known surname are compared with: one side must be Hangul. */
function koreanScripts({ script }: PartPatterns): string {
  return script === 'h' ? '[lc]' : 'h';
}

function othersOf(script: NameScript): string {
  return { l: '[ch]', c: '[lh]', h: '[lc]' }[script];
}

/** undefined: nothing can match; '': everything does. */
function restPattern(rest: PartPatterns | 'none' | 'any', scripts: string | undefined): string | undefined {
  if (rest === 'any') return '';
  if (rest === 'none') return noRest;
  return either(
    tagged('2', rest.plain),
    scripts === undefined ? undefined : tagged(`6${scripts}`, rest.korean),
  );
}

function tagged(tag: string, texts: readonly string[]): string | undefined {
  return texts.length === 0 ? undefined : `${tag}(?:${texts.join('|')})`;
}

function either(...texts: (string | undefined)[]): string | undefined {
  const known = texts.filter((text) => text !== undefined);
  return known.length === 0 ? undefined : ` (?:${known.join('|')}) `;
}

function token(text: string | undefined): string | undefined {
  return either(text);
}

/** Tags of the tokens that are looked at. */
interface Place {
  readonly plain: string;
  readonly korean: string;
  readonly surname: string | undefined;
}

const anywhere: Place = { plain: '[123]', korean: '[56]', surname: '4' };
const atFamily: Place = { plain: '1', korean: '5', surname: '4' };
const atRest: Place = { plain: '2', korean: '6', surname: undefined };

function inToken(
  part: PartPatterns,
  place: Place,
  { from, to }: { from: string; to: string },
): string | undefined {
  const around = (texts: readonly string[]) => texts.map((text) => from + text + to);
  return either(
    tagged(place.plain, around(part.plain)),
    tagged(place.korean + koreanScripts(part), around(part.korean)),
    place.surname === undefined ? undefined : tagged(place.surname, part.surnames ?? []),
  );
}

function wildcardPatterns(folded: string): ReadingPatterns {
  const { family, rest } = wildcardParts(folded);
  if (family.startsWith('*') && rest === 'any') return containing(family);
  const familyPatterns = /^\**$/.test(family) ? 'any' : partWithWildcards(family);
  const restPatterns = rest === 'any' || rest === 'none' ? rest : partWithWildcards(rest);
  return familyPatterns === undefined || restPatterns === undefined
    ? []
    : pairs(familyPatterns, restPatterns);
}

/** Family name and rest of a query with wild cards, hyphens and spaces gone. */
function wildcardParts(folded: string): { family: string; rest: string } {
  const plain = folded.replaceAll(/[\^ ]+$|^ +/g, '').replaceAll('-', '');
  const delimiter = plain.search(plain.includes('^') ? /\^/ : /(?<=[^*?]) /);
  if (delimiter > 0 || plain.startsWith('^')) {
    const rest = plain.slice(delimiter + 1).replaceAll(/[\^ ]/g, '');
    return { family: plain.slice(0, delimiter).replaceAll(' ', ''), rest: /^\**$/.test(rest) ? 'any' : rest };
  }
  // 김안*: what follows the surname is the given name.
  const hangul = /^([가-힣]+)(.*)$/.exec(plain);
  if (hangul !== null && plain.length > 1) {
    const syllables = hangul[1] ?? '';
    const length = surnameLength(syllables);
    const rest = syllables.slice(length) + (hangul[2] ?? '');
    return { family: syllables.slice(0, length), rest: /^\**$/.test(rest) ? 'any' : rest };
  }
  return { family: plain, rest: plain.includes('*') ? 'any' : 'none' };
}

/** `*KIM*`: each text between stars is found somewhere, in whatever order. `*KIM`: with the last of them the name ends. */
function containing(query: string): ReadingPatterns {
  const runs = query.split('*').filter((run) => run !== '');
  const parts = runs.map((run) => partWithWildcards(run.replaceAll(/[\^ ]/g, '')));
  const last = query.endsWith('*') ? undefined : parts.pop();
  const within = parts.map((part) => part && inToken(part, anywhere, { from: anything, to: anything }));
  const known = within.filter((pattern) => pattern !== undefined);
  if (known.length < within.length || (runs.length > parts.length && last === undefined)) return [];
  if (last === undefined) return known.length === 0 ? [] : [known];
  const ending = (place: Place) => inToken(last, place, { from: anything, to: '' });
  return [
    [...known, ending(atRest)],
    [...known, ending(atFamily), noRest],
  ].flatMap((patterns) => {
    const possible = patterns.filter((pattern) => pattern !== undefined);
    return possible.length < patterns.length ? [] : [possible];
  });
}

/** `*` and `?` stay what they are between the texts of a part; undefined if one of them cannot be read. */
function partWithWildcards(part: string): PartPatterns | undefined {
  const pieces = part.split(/([*?])/).filter((piece) => piece !== '');
  const readings = pieces.map((piece) => (/[*?]/.test(piece) ? piece : readPart([piece])));
  const script = readings.find((reading) => typeof reading === 'object')?.script;
  if (script === undefined || readings.some((reading) => isOther(reading, script))) return undefined;
  const join = (alternatives: (reading: WordReading) => readonly string[]) =>
    combine(
      readings.map((reading) => {
        if (typeof reading === 'object') return alternatives(reading);
        return [reading === '*' ? anything : '[^ ]'];
      }),
    );
  const literal = part.replace(/\*$/, '');
  return {
    script,
    plain: join(({ plain }) => plain),
    korean: join(({ korean }) => korean),
    surnames: /[*?]/.test(literal) ? [] : koreanSurnames(literal),
  };
}

function isOther(reading: WordReading | string | undefined, script: NameScript): boolean {
  return reading === undefined || (typeof reading === 'object' && reading.script !== script);
}
