import { describe, expect, it } from 'vitest';
import { element, identifiable, part10, sequence } from '../test-support/encode.ts';
import { faultOf } from '../test-support/fault.ts';
import { identify } from './identify.ts';
import { readPart10 } from './part10-reader.ts';
import { Tags } from './tag.ts';
import { TransferSyntaxes } from './transfer-syntax.ts';
import { isUsableUid, isWellFormedUid } from './uid.ts';

function fileWith(sopInstanceUid: string): Buffer {
  return part10(
    Buffer.concat([
      element(Tags.SOPClassUID, 'UI', '1.2'),
      element(Tags.SOPInstanceUID, 'UI', sopInstanceUid),
      element(Tags.StudyInstanceUID, 'UI', '1.2.3'),
      element(Tags.SeriesInstanceUID, 'UI', '1.2.4'),
    ]),
  );
}

describe('identify', () => {
  it('gives the four UIDs of the data set and its transfer syntax', () => {
    expect(identify(readPart10(part10(identifiable())))).toEqual({
      sopClassUid: '1.2.840.10008.5.1.4.1.1.7',
      sopInstanceUid: '1.2.3.4.1',
      studyInstanceUid: '1.2.3.4.2',
      seriesInstanceUid: '1.2.3.4.3',
      transferSyntax: TransferSyntaxes.ExplicitVRLittleEndian,
    });
  });

  it.each([
    ['1.2.3.4', '1.2.3.4'],
    ['1.2.3\0', '1.2.3'],
    ['1.2.3 ', '1.2.3'],
    [' 1.2.3', '1.2.3'],
    ['999.999.01.23.45.6789', '999.999.01.23.45.6789'],
    ['1'.repeat(64), '1'.repeat(64)],
  ])('takes "%s"', (written, uid) => {
    expect(identify(readPart10(fileWith(written))).sopInstanceUid).toBe(uid);
  });

  it('warns of a UID that is taken but not well formed', () => {
    expect(readPart10(fileWith('1.02')).warnings).toEqual([
      'An identifying UID is not well formed (PS3.5 §9.1).',
    ]);
  });

  it.each([
    ['', 'missing-uid'],
    ['\0\0', 'missing-uid'],
    ['1'.repeat(65), 'invalid-uid'],
    ['1.2\\1.3', 'invalid-uid'],
    ['dccc9599', 'invalid-uid'],
    ['1.2/../3', 'invalid-uid'],
    ['...', 'invalid-uid'],
    ['1'.repeat(65_535), 'invalid-uid'],
  ])('refuses "%.20s": %s', (written, code) => {
    const fault = faultOf(() => identify(readPart10(fileWith(written))));
    expect(fault.code).toBe(code);
    expect(fault.message).toContain('SOP Instance UID');
    expect(fault.message).not.toContain('Study');
  });

  it('names every missing UID, and looks at the top level only', () => {
    const bytes = part10(sequence(Tags.ReferencedImageSequence, [identifiable()]));
    expect(faultOf(() => identify(readPart10(bytes))).message).toBe(
      'The data set has no SOP Class UID, no SOP Instance UID, no Study Instance UID, no Series Instance UID',
    );
  });

  it('refuses a DICOMDIR without file meta information', () => {
    const bytes = Buffer.concat([
      element(Tags.InstanceCreationDate, 'DA', '20200101'),
      sequence(Tags.DirectoryRecordSequence, []),
    ]);
    expect(faultOf(() => identify(readPart10(bytes))).code).toBe('media-directory');
  });
});

describe('UIDs', () => {
  it.each([
    ['1.2.840.10008.1.2', true, true],
    ['0.0', true, true],
    ['1.02', false, true],
    ['1..2', false, true],
    ['.1', false, true],
    ['', false, false],
    ['1'.repeat(65), false, false],
    ['1.a', false, false],
    ['.', false, false],
  ])('"%.10s": well formed %s, usable %s', (uid, isWellFormed, isUsable) => {
    expect([isWellFormedUid(uid), isUsableUid(uid)]).toEqual([isWellFormed, isUsable]);
  });
});
