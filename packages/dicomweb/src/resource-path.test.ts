import { describe, expect, it } from 'vitest';
import {
  bulkDataUrl,
  frameUrl,
  instanceUrl,
  parseBulkDataPath,
  parseFrameList,
  parseUid,
  seriesUrl,
  studyUrl,
} from './resource-path.ts';

describe('parseUid', () => {
  it.each(['1.2.840.10008', '0.1', '1..2', 'A-1_b', '1'.repeat(64)])('accepts %s', (uid) => {
    expect(parseUid(uid, 'study')).toBe(uid);
  });

  it.each(['', '1'.repeat(65), '1 2', 'a/b', 'a\\b', '1\0', 'ü'])('refuses %j', (uid) => {
    expect(() => parseUid(uid, 'study')).toThrow(
      expect.objectContaining({ code: 'bad-request', parameter: 'study' }),
    );
  });
});

describe('parseFrameList', () => {
  it.each([
    ['1', [1]],
    ['3,1,3', [3, 1, 3]],
    ['1, 2', [1, 2]],
  ])('reads %s', (text, expected) => {
    expect(parseFrameList(text)).toEqual(expected);
  });

  it.each(['', '0', '-1', '1,,2', '1-3', '1.5', 'x', '99999999999', Array(10_001).fill('1').join(',')])(
    'refuses %s',
    (text) => {
      expect(() => parseFrameList(text)).toThrow(
        expect.objectContaining({ code: 'bad-request', parameter: 'frames' }),
      );
    },
  );
});

describe('parseBulkDataPath', () => {
  it('reads tags and item numbers', () => {
    expect(parseBulkDataPath('7fe00010')).toBe('7FE00010');
    expect(parseBulkDataPath('00880200/1/7FE00010')).toBe('00880200/1/7FE00010');
  });

  it.each([
    '',
    '7FE0',
    '00880200/0/7FE00010',
    '00880200/1',
    '../../etc',
    '7FE00010/',
    `00880200${'/1/00880200'.repeat(64)}`,
  ])('refuses %s', (text) => {
    expect(() => parseBulkDataPath(text)).toThrow(
      expect.objectContaining({ code: 'bad-request', parameter: 'bulkdata' }),
    );
  });
});

describe('URLs', () => {
  const path = { studyInstanceUid: '1.2', seriesInstanceUid: '1.3', sopInstanceUid: 'a b' };
  it('lead to each resource', () => {
    expect(studyUrl('http://h/dicom-web', '1.2')).toBe('http://h/dicom-web/studies/1.2');
    expect(seriesUrl('', path)).toBe('/studies/1.2/series/1.3');
    expect(instanceUrl('', path)).toBe('/studies/1.2/series/1.3/instances/a%20b');
    expect(frameUrl('', path, 2)).toBe('/studies/1.2/series/1.3/instances/a%20b/frames/2');
    expect(bulkDataUrl('', path, '00420011')).toBe(
      '/studies/1.2/series/1.3/instances/a%20b/bulkdata/00420011',
    );
  });
});
