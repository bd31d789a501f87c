import type { DicomJson } from '@sandyq/dicom';
import { storeResponse } from '@sandyq/dicomweb';
import { describe, expect, it } from 'vitest';
import type { ImportFile } from './batches.ts';
import { attributeVerdicts, verdictsOf } from './store-answer.ts';

const file = (name: string, sopInstanceUid?: string): ImportFile => ({
  path: `/folder/${name}`,
  name,
  sizeBytes: 10,
  sopInstanceUid,
});
const path = { studyInstanceUid: '1.1', seriesInstanceUid: '1.1.1', sopClassUid: '1.2' };

/** The answer of our own archive. */
function answerTo(results: Parameters<typeof storeResponse>[0]): DicomJson {
  return storeResponse(results, { rootUrl: 'http://archive/dicom-web' }).json;
}

const attributed = (files: readonly ImportFile[], results: Parameters<typeof storeResponse>[0]) =>
  Object.fromEntries(
    [...attributeVerdicts(files, verdictsOf(answerTo(results)))].map(([{ name }, { outcome, reason }]) => [
      name,
      [outcome, reason],
    ]),
  );

describe('verdicts of an answer', () => {
  it('find their files by UID, in any order', () => {
    const files = [file('a', '1.1'), file('b', '1.2'), file('c', '1.3')];
    expect(
      attributed(files, [
        { verdict: 'failed', reason: 'duplicate-sop-instance', sopInstanceUid: '1.3', sopClassUid: '1.2' },
        { verdict: 'stored', sopInstanceUid: '1.2', ...path, warning: 'identity-conflict' },
        { verdict: 'stored', sopInstanceUid: '1.1', ...path },
      ]),
    ).toEqual({
      a: ['stored', undefined],
      b: ['warning', 'identity-conflict'],
      c: ['refused', 'duplicate-sop-instance'],
    });
  });

  it('without UIDs go to the files that are left, where that is certain', () => {
    const refused = { verdict: 'failed', reason: 'truncated' } as const;
    expect(
      attributed(
        [file('a', '1.1'), file('b', '1.2')],
        [{ verdict: 'stored', sopInstanceUid: '1.1', ...path }, refused],
      ),
    ).toEqual({ a: ['stored', undefined], b: ['refused', 'truncated'] });
    expect(attributed([file('a', '1.1'), file('b', '1.2')], [refused, refused])).toEqual({
      a: ['refused', 'truncated'],
      b: ['refused', 'truncated'],
    });
    expect(attributed([file('a')], [refused])).toEqual({ a: ['refused', 'truncated'] });
  });

  it('are nobody’s where two reasons may belong to either file, or one is missing', () => {
    const two = [file('a', '1.1'), file('b', '1.2')];
    expect(
      attributed(two, [
        { verdict: 'failed', reason: 'truncated' },
        { verdict: 'failed', reason: 'malformed' },
      ]),
    ).toEqual({});
    expect(attributed(two, [{ verdict: 'failed', reason: 'truncated' }])).toEqual({});
  });

  it('of an instance that is another than the file was thought to be go to the one file that is left', () => {
    expect(attributed([file('a')], [{ verdict: 'stored', sopInstanceUid: '9.9', ...path }])).toEqual({
      a: ['stored', undefined],
    });
  });

  it('with codes of another archive are shown as they came', () => {
    const answer: DicomJson = {
      '00081198': {
        vr: 'SQ',
        Value: [
          {
            '00081155': { vr: 'UI', Value: ['1.1'] },
            '00081197': { vr: 'US', Value: [0xcafe] },
            '00000902': { vr: 'LO', Value: ['no coffee'] },
          },
        ],
      },
    };
    expect(verdictsOf(answer)).toEqual([
      { outcome: 'refused', reason: 'CAFE', meaning: 'no coffee', sopInstanceUid: '1.1' },
    ]);
  });
});
