import { describe, expect, it } from 'vitest';
import {
  fuzzyNames,
  notFuzzyNames,
  otherNames,
  otherWildcardNames,
  sameNames,
  wildcardNames,
} from '../../../../test/support/name-pairs.ts';
import { nameReadings } from './name-readings.ts';
import { nameSounds } from './name-sounds.ts';
import { fuzzyWords, readingPatterns } from './reading-patterns.ts';

/** As the database compares: filter-condition.ts of packages/database. */
function finds(query: string, name: string): boolean {
  const readings = nameReadings(name) ?? '';
  return query
    .split('=')
    .some((group) =>
      readingPatterns(group).some((all) => all.every((pattern) => new RegExp(pattern).test(readings))),
    );
}

function findsFuzzily(query: string, name: string): boolean {
  const [readings, sounds] = [nameReadings(name) ?? '', nameSounds(name)];
  return fuzzyWords(query).every(
    (word) =>
      word !== undefined &&
      ((word.pattern !== undefined && new RegExp(word.pattern).test(readings)) ||
        word.sounds.some((sound) => sounds.includes(sound))),
  );
}

describe('names in other scripts', () => {
  it('has enough of them', () => {
    expect(sameNames.length).toBeGreaterThanOrEqual(60);
    expect(otherNames.length).toBeGreaterThanOrEqual(30);
  });

  it.each(sameNames)('%s is %s', (a, b) => {
    expect([finds(a, b), finds(b, a)]).toEqual([true, true]);
  });

  it.each(otherNames)('%s is not %s', (a, b) => {
    expect([finds(a, b), finds(b, a)]).toEqual([false, false]);
  });

  it.each(wildcardNames)('%s finds %s', (query, name) => {
    expect(finds(query, name)).toBe(true);
  });

  it.each(otherWildcardNames)('%s does not find %s', (query, name) => {
    expect(finds(query, name)).toBe(false);
  });
});

describe('fuzzy', () => {
  it.each(fuzzyNames)('%s finds %s', (query, name) => {
    expect(findsFuzzily(query, name)).toBe(true);
  });

  it.each(notFuzzyNames)('%s does not find %s', (query, name) => {
    expect(findsFuzzily(query, name)).toBe(false);
  });
});
