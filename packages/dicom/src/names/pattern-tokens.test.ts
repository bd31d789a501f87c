import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameReadings } from './name-readings.ts';
import { patternRuns, patternTokens } from './pattern-tokens.ts';
import { readingPatterns } from './reading-patterns.ts';

const parts = fc.constantFrom(
  'Kim',
  'Ким',
  '김',
  'Анна',
  'Anna',
  'Нұрғалиев',
  'Nurgaliyev',
  'Қайрат',
  '민수',
  'Min su',
  'Park',
  '박',
);
const name = fc.tuple(parts, parts).map(([family, given]) => `${family}^${given}`);
const query = fc
  .tuple(
    fc.constantFrom('', '*'),
    name,
    fc.integer({ min: 1, max: 12 }),
    fc.constantFrom('', '*', '?', '*a*'),
  )
  .map(([before, text, length, after]) => before + text.slice(0, length) + after);

/** Patterns of the query, and the readings that they are compared with. */
const compared = fc.tuple(query, name).map(([typed, stored]) => ({
  patterns: readingPatterns(typed).flat(),
  readings: nameReadings(stored) ?? '',
}));

describe('patternTokens', () => {
  it('finds exactly the names that the pattern finds', () => {
    let converted = 0;
    fc.assert(
      fc.property(compared, ({ patterns, readings }) => {
        const stored = readings.trim().split(' ');
        for (const pattern of patterns) {
          const tokens = patternTokens(pattern);
          if (tokens === undefined) continue;
          converted += 1;
          const isFound = tokens.some(({ text, isBeginning }) =>
            stored.some((token) => (isBeginning ? token.startsWith(text) : token === text)),
          );
          expect(isFound).toBe(new RegExp(pattern).test(readings));
        }
      }),
      { numRuns: 1_000 },
    );
    expect(converted).toBeGreaterThan(100);
  });

  it('leaves wild cards before the end to the pattern', () => {
    expect(patternTokens(' (?:1(?:ki[^ ]*m)) ')).toBeUndefined();
    expect(patternTokens(' (?:1(?:ki[^ ])) ')).toBeUndefined();
    expect(patternTokens(' (?:4(?:kim)|6[ch](?:su[^ ]*)) ')).toEqual([
      { text: '4kim', isBeginning: false },
      { text: '6csu', isBeginning: true },
      { text: '6hsu', isBeginning: true },
    ]);
  });
});

describe('patternRuns', () => {
  it('are in every name that the pattern finds', () => {
    fc.assert(
      fc.property(compared, ({ patterns, readings }) => {
        for (const pattern of patterns) {
          const runs = patternRuns(pattern);
          if (runs !== undefined && new RegExp(pattern).test(readings))
            expect(runs.some((run) => readings.includes(run))).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('tell something or are not used', () => {
    expect(patternRuns(' (?:[123](?:[^ ]*minsu[^ ]*|[^ ]*minso[^ ])) ')).toEqual(['minsu', 'minso']);
    expect(patternRuns(' (?:[123](?:[^ ]*minsu[^ ]*|[^ ]*su[^ ]*)) ')).toBeUndefined();
    expect(patternRuns(' 2 ')).toBeUndefined();
  });
});
