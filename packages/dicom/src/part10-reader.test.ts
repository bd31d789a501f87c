import { describe, expect, it } from 'vitest';
import { element, encapsulated, identifiable, part10, sequence } from '../test-support/encode.ts';
import { faultOf } from '../test-support/fault.ts';
import { identify } from './identify.ts';
import { Part10Reader, readPart10 } from './part10-reader.ts';
import { Tags } from './tag.ts';
import { TransferSyntaxes } from './transfer-syntax.ts';

const pixels = Buffer.from([1, 2, 3, 4]);

describe('the beginning of a file', () => {
  it.each([
    ['ImplicitVRLittleEndian', { explicitVr: false }],
    ['ExplicitVRLittleEndian', {}],
    ['ExplicitVRBigEndian', { littleEndian: false }],
  ] as const)('a bare data set in %s, shorter and longer than a preamble', (keyword, style) => {
    for (const more of [Buffer.alloc(0), element(Tags.ImageComments, 'LT', 'x'.repeat(300), style)]) {
      const file = readPart10(identifiable(style, more));
      expect(file).toMatchObject({ preamble: false, meta: undefined, dataSetOffset: 0 });
      expect(file.transferSyntax).toBe(TransferSyntaxes[keyword]);
      expect(identify(file).seriesInstanceUid).toBe('1.2.3.4.3');
      expect(file.warnings).toHaveLength(1);
    }
  });

  it('file meta information without preamble', () => {
    const file = readPart10(part10(identifiable()).subarray(132));
    expect(file).toMatchObject({ preamble: false, transferSyntax: TransferSyntaxes.ExplicitVRLittleEndian });
    expect(file.meta?.elements.size).toBe(2);
  });

  it('a wrong or missing group length only warns', () => {
    const right = part10(identifiable());
    const wrong = Buffer.from(right);
    wrong.writeUInt32LE(9999, 140);
    const missing = Buffer.concat([right.subarray(0, 132), right.subarray(144)]);
    for (const bytes of [wrong, missing]) {
      const file = readPart10(bytes);
      expect(identify(file).sopInstanceUid).toBe('1.2.3.4.1');
      expect(file.warnings).toEqual(['The group length of the file meta information is missing or wrong.']);
    }
  });

  it('what the data set says wins over the file meta information', () => {
    const meta = [element(Tags.MediaStorageSOPInstanceUID, 'UI', '9.9.9\0')];
    const file = readPart10(part10(identifiable(), undefined, meta));
    expect(identify(file).sopInstanceUid).toBe('1.2.3.4.1');
    expect(file.warnings).toEqual(['The file meta information names another instance than the data set.']);
  });

  it.each([
    ['not-dicom', Buffer.alloc(0)],
    ['not-dicom', Buffer.alloc(4096)],
    ['not-dicom', Buffer.from('%PDF-1.7 and more of it')],
    ['not-dicom', Buffer.from([8, 0, 5])],
    ['missing-transfer-syntax', part10(identifiable(), '')],
    ['missing-transfer-syntax', Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), identifiable()])],
    ['missing-transfer-syntax', Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')])],
    ['unknown-transfer-syntax', part10(identifiable(), '1.2.3.4')],
    [
      'media-directory',
      part10(Buffer.alloc(0), undefined, [
        element(Tags.MediaStorageSOPClassUID, 'UI', '1.2.840.10008.1.3.10'),
      ]),
    ],
    ['malformed', part10(identifiable({ explicitVr: false }))],
    ['truncated', part10(identifiable()).subarray(0, 150)],
  ] as const)('%s', (code, bytes) => {
    expect(faultOf(() => readPart10(bytes)).code).toBe(code);
  });
});

describe('Part10Reader', () => {
  it('identifies as soon as the series is known, long before the end', () => {
    const bytes = part10(identifiable({}, element(Tags.PixelData, 'OB', Buffer.alloc(100_000))));
    const reader = new Part10Reader();
    const known: boolean[] = [];
    for (let from = 0; from < bytes.length; from += 100) {
      reader.push(bytes.subarray(from, from + 100));
      known.push(reader.identification !== undefined);
    }
    expect(known.indexOf(true)).toBeLessThan(5);
    expect(reader.identification).toMatchObject({ sopClassUid: '1.2.840.10008.5.1.4.1.1.7' });
    expect(reader.dataSet.elements.size).toBe(5);
    reader.end();
  });

  it('copies what it keeps: a chunk may be overwritten', () => {
    const reader = new Part10Reader();
    const bytes = part10(identifiable());
    reader.push(bytes);
    bytes.fill(0);
    expect(identify(reader.end()).studyInstanceUid).toBe('1.2.3.4.2');
  });

  it('throws the same error again after it failed', () => {
    const reader = new Part10Reader();
    const first = faultOf(() => reader.push(Buffer.alloc(200)));
    expect(faultOf(() => reader.push(Buffer.alloc(1)))).toBe(first);
    expect(faultOf(() => reader.end())).toBe(first);
  });

  it('passes on what a listener throws, and stays failed', () => {
    const stop = new Error('enough');
    const reader = new Part10Reader({
      onPixelDataStart: () => {
        throw stop;
      },
    });
    expect(() => reader.push(part10(element(Tags.PixelData, 'OB', pixels)))).toThrow(stop);
    expect(() => reader.end()).toThrow(stop);
  });

  it('says where and what, never a value', () => {
    const bytes = part10(element(Tags.PatientName, 'PN', 'Secret^Name', {}, 400));
    const fault = faultOf(() => readPart10(bytes));
    expect(fault.message).toBe('The data set ends inside an element; send the whole instance (byte 172)');
    expect(fault.offset).toBe(172);
  });

  it('tells a visitor everything in stream order', () => {
    const seen: string[] = [];
    const log = (text: string) => void seen.push(text);
    readPart10(
      part10(
        Buffer.concat([
          element(Tags.PatientID, 'LO', 'x '),
          sequence(Tags.IconImageSequence, [element(Tags.PixelData, 'OB', pixels)]),
          encapsulated([0], [pixels, pixels.subarray(0, 2)]),
        ]),
        TransferSyntaxes.RLELossless.uid,
      ),
      {
        visitor: {
          onElement: ({ tag }) => log(`element ${tag.toString(16)}`),
          onSequenceStart: ({ tag, length }) => log(`sequence ${tag.toString(16)} ${length}`),
          onItemStart: (length) => log(`item ${length}`),
          onItemEnd: () => log('end item'),
          onSequenceEnd: () => log('end sequence'),
          onBulkStart: ({ tag, length }) => log(`bulk ${tag.toString(16)} ${length}`),
          onBulkFragment: (length) => log(`fragment ${length}`),
          onBulkData: (piece) => log(`data ${piece.length}`),
          onBulkEnd: () => log('end bulk'),
        },
      },
    );
    expect(seen).toEqual([
      'element 100020',
      'sequence 880200 undefined',
      'item undefined',
      'bulk 7fe00010 4',
      'data 4',
      'end bulk',
      'end item',
      'end sequence',
      'bulk 7fe00010 undefined',
      'fragment 4',
      'data 4',
      'fragment 2',
      'data 2',
      'end bulk',
    ]);
  });
});
