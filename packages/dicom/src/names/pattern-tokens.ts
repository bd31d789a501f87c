/**
 * The tokens that a pattern of readings fits (reading-patterns.ts), where it fits whole tokens or their beginnings: an index of
 * tokens finds those at once, one of letters has to look at every name that has some of them.
 */

/** A token of name-readings.ts, or the beginning of some. */
export interface ReadingToken {
  readonly text: string;
  readonly isBeginning: boolean;
}

/** `1(?:kim|gim)`, `[123](?:kim[^ ]*)`, `6[ch](?:minsu)`: tags, then texts. */
const TAGGED = /(\d|\[\d+\])([a-z]|\[[a-z]+\])?\(\?:([^()]*)\)/g;
const ANYTHING = '[^ ]*';

/** Of these tokens a name has one; undefined for a pattern with wild cards before its end. */
export function patternTokens(pattern: string): readonly ReadingToken[] | undefined {
  if (pattern === ' 2 ') return [{ text: '2', isBeginning: false }];
  const tokens: ReadingToken[] = [];
  for (const [, digits = '', scripts = '', texts = ''] of pattern.matchAll(TAGGED)) {
    for (const text of texts.split('|')) {
      const isBeginning = text.endsWith(ANYTHING);
      const plain = isBeginning ? text.slice(0, -ANYTHING.length) : text;
      if (plain.includes('[')) return undefined;
      for (const tag of tagsOf(digits, scripts)) tokens.push({ text: tag + plain, isBeginning });
    }
  }
  return tokens.length === 0 ? undefined : tokens;
}

/** Shorter runs of letters tell nothing apart. */
const TELLING_LETTERS = 3;
/** More runs than these are not looked for one by one. */
const MOST_RUNS = 8;

/** Letters in a row, of which what the pattern fits has some; undefined where there is nothing as telling. */
export function patternRuns(pattern: string): readonly string[] | undefined {
  const texts = [...pattern.matchAll(TAGGED)].flatMap(([, , , of = '']) => of.split('|'));
  const runs = new Set(texts.map(longestRun));
  const isTelling =
    runs.size > 0 && runs.size <= MOST_RUNS && [...runs].every((run) => run.length >= TELLING_LETTERS);
  return isTelling ? [...runs] : undefined;
}

function longestRun(text: string): string {
  return text.split(/\[\^ \]\*?/).reduce((longest, run) => (run.length > longest.length ? run : longest), '');
}

function tagsOf(digits: string, scripts: string): string[] {
  const letters = [...scripts.replaceAll(/[[\]]/g, '')];
  return [...digits.replaceAll(/[[\]]/g, '')].flatMap((digit) =>
    letters.length === 0 ? [digit] : letters.map((letter) => digit + letter),
  );
}
