import { entryOfTag, Tags } from '@sandyq/dicom';
import { describe, expect, it } from 'vitest';
import { returnAttributes, returnedLevels } from './return-attributes.ts';
import {
  isWithinLevel,
  levelOfTag,
  searchLevels,
  supportedAttributeAt,
  supportedAttributes,
} from './supported-attributes.ts';

describe('supportedAttributes', () => {
  it('has the VR of the dictionary for each', () => {
    for (const { path, vr } of supportedAttributes) expect(entryOfTag(path.at(-1) ?? 0)?.vr).toBe(vr);
  });

  it('lists each attribute once', () => {
    const keys = supportedAttributes.map(({ path }) => path.join('.'));
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('has the required attributes of PS3.18 Table 10.6.1-5', () => {
    const counts = searchLevels.map(
      (level) =>
        supportedAttributes.filter((attribute) => attribute.isRequired && attribute.level === level).length,
    );
    expect(counts).toEqual([9, 7, 3]);
  });

  it('finds by path', () => {
    expect(supportedAttributeAt([Tags.RequestAttributesSequence, Tags.RequestedProcedureID])?.level).toBe(
      'series',
    );
    expect(supportedAttributeAt([Tags.RequestedProcedureID])).toBeUndefined();
    expect(levelOfTag(Tags.RequestAttributesSequence)).toBe('series');
    expect(levelOfTag(Tags.PixelData)).toBeUndefined();
  });
});

describe('isWithinLevel', () => {
  it('is true for the level itself and those above', () => {
    expect(isWithinLevel('study', 'instance')).toBe(true);
    expect(isWithinLevel('series', 'series')).toBe(true);
    expect(isWithinLevel('instance', 'series')).toBe(false);
  });
});

describe('returnAttributes', () => {
  it('are attributes of the dictionary, each once a level', () => {
    for (const level of searchLevels) {
      const tags = returnAttributes[level].map(({ tag }) => tag);
      expect(new Set(tags).size).toBe(tags.length);
      expect(tags.every((tag) => entryOfTag(tag) !== undefined)).toBe(true);
    }
  });
});

describe('returnedLevels', () => {
  const one = { studyInstanceUid: '1' };
  it.each([
    ['study', {}, ['study']],
    ['series', {}, ['study', 'series']],
    ['series', one, ['series']],
    ['instance', {}, ['study', 'series', 'instance']],
    ['instance', one, ['series', 'instance']],
    ['instance', { ...one, seriesInstanceUid: '2' }, ['instance']],
  ] as const)('%s in %j', (level, scope, expected) => {
    expect(returnedLevels(level, scope)).toEqual(expected);
  });
});
