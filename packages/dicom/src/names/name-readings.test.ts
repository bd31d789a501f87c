import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameReadings } from './name-readings.ts';
import { nameSounds } from './name-sounds.ts';
import { fuzzyWords, readingPatterns } from './reading-patterns.ts';

/** Letters of all scripts with rules, some without, and everything that means something in a query. */
const letters = fc.constantFrom(
  ...Array.from(
    'abcdefghijklmnopqrstuvwxyzäğñşıAZ' +
      'абвгдеёжзийклмнопрстуфхцчшщъыьэюяәғқңөұүһіЇ' +
      '가김안나정현우희쳌王小やまﾀあΔ' +
      '^= -*?.,\'"()[]{}|+\\$\u0000\n',
  ),
);
const name = fc.string({ unit: letters, maxLength: 80 });

describe('nameReadings', () => {
  it('reads each component group, family name and the rest', () => {
    expect(nameReadings('Ким^Анна')).toBe(' 1kim 5ckim 4kim 2ana 6cana ');
    expect(nameReadings('Doe^Jane')).toMatch(/^ 1doe .*2jane 2iane /);
    expect(nameReadings('Hong^Gildong=洪^吉洞=홍^길동')).toMatch(/ 1hong 5lhoN 4hong .* 5hhoN 6hkiltoN /);
    expect(nameReadings('Ivanov')).toMatch(/ 2 $/);
  });

  it('has none where no rule reads a name', () => {
    for (const unread of ['', '^', '=', '王^小东', 'やまだ^たろう', 'קול', '123^456'])
      expect([unread, nameReadings(unread)]).toEqual([unread, undefined]);
  });

  it('is bounded, and made of tokens, for any text', () => {
    fc.assert(
      fc.property(fc.oneof(name, fc.string({ unit: 'binary', maxLength: 300 })), (text) => {
        const readings = nameReadings(text) ?? ' ';
        expect(readings).toMatch(/^ (?:[1-6][a-zN]* )*$/);
        expect(readings.length).toBeLessThan(20_000);
        for (const sound of nameSounds(text)) expect(sound).toMatch(/^\d{6}$/);
      }),
      { numRuns: 500 },
    );
  });

  it('takes a long text in a short time', () => {
    const started = performance.now();
    for (const text of ['оо^ё', 'ёң', '정', 'eeoojj', 'c-', 'а '])
      expect((nameReadings(text.repeat(20_000).slice(0, 40_000)) ?? '').length).toBeLessThan(100_000);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe('readingPatterns and fuzzyWords', () => {
  it('are expressions of letters and stars only, for any query', () => {
    fc.assert(
      fc.property(name, (query) => {
        const patterns = [
          ...readingPatterns(query).flat(),
          ...fuzzyWords(query).flatMap((word) => word?.pattern ?? []),
        ];
        for (const pattern of patterns) {
          expect(pattern).toMatch(/^ (?:2 |\(\?:[1-6a-zN|()?:[\]^* ]*\) )$/);
          expect(() => new RegExp(pattern)).not.toThrow();
        }
      }),
      { numRuns: 500 },
    );
  });

  it('find the name that they are made of', () => {
    fc.assert(
      fc.property(name, (text) => {
        const typed = text.replaceAll(/[*?=]/g, '');
        const readings = nameReadings(typed) ?? '';
        for (const patterns of readingPatterns(typed).slice(0, 1)) {
          // Within one script a Hangul name is compared as it is written.
          if (/[가-힣]/.test(typed)) continue;
          expect(patterns.every((pattern) => new RegExp(pattern).test(readings))).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});
