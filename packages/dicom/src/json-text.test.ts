import { describe, expect, it } from 'vitest';
import type { DicomJson } from './json-model.ts';
import { stringifyDicomJson } from './json-text.ts';

describe('stringifyDicomJson', () => {
  it('is JSON.stringify where no tag looks like an array index', () => {
    const json: DicomJson = {
      '00080060': { vr: 'CS', Value: ['CT'] },
      '00082112': { vr: 'SQ', Value: [{ '0040A160': { vr: 'UT', Value: ['"Қ"\n'] } }, {}] },
      '7FE00010': { vr: 'OW', BulkDataURI: 'x' },
    };
    expect(stringifyDicomJson(json)).toBe(JSON.stringify(json));
  });

  it('keeps tags in ascending order that JavaScript would move to the front, at every level', () => {
    const item: DicomJson = {
      '0040A160': { vr: 'UT', Value: ['a'] },
      '20500020': { vr: 'CS', Value: ['IDENTITY'] },
    };
    const json: DicomJson = {
      '00080060': { vr: 'CS', Value: ['CT'] },
      '00082112': { vr: 'SQ', Value: [item] },
      '00082113': { vr: 'SQ' },
      '20010010': { vr: 'LO', Value: ['A'] },
      '60000010': { vr: 'US', Value: [1] },
      '7FE00010': { vr: 'OW', BulkDataURI: 'x' },
    };
    expect(Object.keys(json)[0]).toBe('20010010'); // what this function is for
    expect(stringifyDicomJson(json)).toBe(
      '{"00080060":{"vr":"CS","Value":["CT"]},' +
        '"00082112":{"vr":"SQ","Value":[{"0040A160":{"vr":"UT","Value":["a"]},"20500020":{"vr":"CS","Value":["IDENTITY"]}}]},' +
        '"00082113":{"vr":"SQ"},"20010010":{"vr":"LO","Value":["A"]},"60000010":{"vr":"US","Value":[1]},' +
        '"7FE00010":{"vr":"OW","BulkDataURI":"x"}}',
    );
    expect(JSON.parse(stringifyDicomJson(json))).toEqual(json);
  });
});
