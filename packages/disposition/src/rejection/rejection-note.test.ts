import type { DicomJson } from '@sandyq/dicom';
import { expect, it } from 'vitest';
import { keyObjectSelectionUid, parseRejectionNote } from './rejection-note.ts';

const uid = (value: string): DicomJson[string] => ({ vr: 'UI', Value: [value] });
const sequence = (...items: DicomJson[]): DicomJson[string] => ({ vr: 'SQ', Value: items });

function noteWith(changes: DicomJson = {}): DicomJson {
  return {
    '00080016': uid(keyObjectSelectionUid),
    '00080018': uid('1.2.9'),
    '0040A043': sequence({
      '00080100': { vr: 'SH', Value: ['113037'] },
      '00080102': { vr: 'SH', Value: ['DCM'] },
    }),
    '0040A375': sequence(
      study('1.2', series('1.2.1', '1.2.1.1', '1.2.1.2')),
      study('1.3', series('1.3.1', '1.3.1.1')),
    ),
    ...changes,
  };
}

function study(value: string, ...items: DicomJson[]): DicomJson {
  return { '0020000D': uid(value), '00081115': sequence(...items) };
}

function series(value: string, ...uids: string[]): DicomJson {
  return { '0020000E': uid(value), '00081199': sequence(...uids.map((one) => ({ '00081155': uid(one) }))) };
}

it('names the instances of each series, and the reason', () => {
  expect(parseRejectionNote(noteWith())).toEqual({
    noteUid: '1.2.9',
    reasonCode: '113037',
    series: [
      { studyInstanceUid: '1.2', seriesInstanceUid: '1.2.1', sopInstanceUids: ['1.2.1.1', '1.2.1.2'] },
      { studyInstanceUid: '1.3', seriesInstanceUid: '1.3.1', sopInstanceUids: ['1.3.1.1'] },
    ],
  });
});

it('names a series once, however many items speak of it', () => {
  const twice = study('1.2', series('1.2.1', '1.2.1.1'), series('1.2.1', '1.2.1.2'));
  expect(parseRejectionNote(noteWith({ '0040A375': sequence(twice) }))?.series).toEqual([
    { studyInstanceUid: '1.2', seriesInstanceUid: '1.2.1', sopInstanceUids: ['1.2.1.1', '1.2.1.2'] },
  ]);
});

it.each<[string, DicomJson]>([
  ['of another SOP class', { '00080016': uid('1.2.840.10008.5.1.4.1.1.88.11') }],
  [
    'of another title',
    {
      '0040A043': sequence({
        '00080100': { vr: 'SH', Value: ['113000'] },
        '00080102': { vr: 'SH', Value: ['DCM'] },
      }),
    },
  ],
  [
    'of a title of another scheme',
    {
      '0040A043': sequence({
        '00080100': { vr: 'SH', Value: ['113037'] },
        '00080102': { vr: 'SH', Value: ['99LOCAL'] },
      }),
    },
  ],
  ['without a title', { '0040A043': { vr: 'SQ' } }],
])('a document %s is none', (_name, changes) => {
  expect(parseRejectionNote(noteWith(changes))).toBeUndefined();
});

it('leaves out UIDs that nothing can have', () => {
  const odd = study('1.2', series('1.2.1', '1.2.1.1', 'IMAGE', '1'.repeat(65)), series('one', '1.2.2.1'));
  expect(parseRejectionNote(noteWith({ '0040A375': sequence(odd) }))?.series).toEqual([
    { studyInstanceUid: '1.2', seriesInstanceUid: '1.2.1', sopInstanceUids: ['1.2.1.1'] },
  ]);
});

it('leaves out what names no study or no series', () => {
  const broken = sequence(
    { '00081115': sequence(series('1.2.1', '1.2.1.1')) },
    study('1.3', { '00081199': sequence() }),
  );
  expect(parseRejectionNote(noteWith({ '0040A375': broken }))?.series).toEqual([]);
});
