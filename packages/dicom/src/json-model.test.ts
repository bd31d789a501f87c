import { describe, expect, it } from 'vitest';
import { element, encapsulated, part10, type Style, sequence, uint16 } from '../test-support/encode.ts';
import type { AssumedCharacterSet } from './assumed-character-set.ts';
import type { CharacterSetPlan } from './character-set.ts';
import { type DicomJson, labelOf, toDicomJson } from './json-model.ts';
import { readPart10 } from './part10-reader.ts';
import { Tags } from './tag.ts';
import { TransferSyntaxes } from './transfer-syntax.ts';

interface Options {
  readonly syntax?: keyof typeof TransferSyntaxes;
  readonly assumed?: AssumedCharacterSet;
}

function convert(
  elements: readonly Uint8Array[],
  options: Options = {},
): { json: DicomJson; characterSet: CharacterSetPlan } {
  const { syntax = 'ExplicitVRLittleEndian', assumed } = options;
  const file = readPart10(part10(Buffer.concat(elements), TransferSyntaxes[syntax].uid));
  return toDicomJson(file, { assumedCharacterSet: assumed, bulkDataUri: (path) => `bulk/${path}` });
}

const bigEndian: Style = { littleEndian: false };
const implicit: Style = { explicitVr: false };

describe('toDicomJson', () => {
  it('writes values as Annex F has them', () => {
    const { json, characterSet } = convert([
      element(Tags.ImageType, 'CS', 'ORIGINAL\\PRIMARY\\\\AXIAL '),
      element(Tags.AccessionNumber, 'SH', ''),
      element(Tags.StudyDescription, 'LO', '  '),
      element(Tags.PatientName, 'PN', 'Doe^John=\\\\=王 '.replace('王', 'x')),
      element(Tags.PatientComments, 'LT', ' a\\b '),
      element(Tags.SliceThickness, 'DS', '1.50 '),
      element(Tags.ImagePositionPatient, 'DS', '-1\\\\+3e0 '),
      element(Tags.InstanceNumber, 'IS', 'A1'),
      element(Tags.FrameIncrementPointer, 'AT', Buffer.from('18006310', 'hex')),
      element(Tags.Rows, 'US', uint16(512)),
    ]);
    expect(json).toEqual({
      '00080008': { vr: 'CS', Value: ['ORIGINAL', 'PRIMARY', null, 'AXIAL'] },
      '00080050': { vr: 'SH' },
      '00081030': { vr: 'LO' },
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Doe^John' }, null, { Ideographic: 'x' }] },
      '00104000': { vr: 'LT', Value: [' a\\b'] },
      '00180050': { vr: 'DS', Value: [1.5] },
      '00200032': { vr: 'DS', Value: [-1, null, 3] },
      '00200013': { vr: 'IS', Value: ['A1'] },
      '00280009': { vr: 'AT', Value: ['00181063'] },
      '00280010': { vr: 'US', Value: [512] },
    });
    expect(characterSet).toEqual({ label: [], used: ['ISO_IR 6'], flag: 'as-labelled' });
  });

  it('writes sequences, empty ones, empty items', () => {
    const code = element(Tags.CodeValue, 'SH', 'ab');
    const { json } = convert([
      sequence(Tags.ConceptNameCodeSequence, []),
      sequence(Tags.ContentSequence, [sequence(Tags.ConceptNameCodeSequence, [code]), Buffer.alloc(0)]),
    ]);
    expect(json).toEqual({
      '0040A043': { vr: 'SQ' },
      '0040A730': {
        vr: 'SQ',
        Value: [{ '0040A043': { vr: 'SQ', Value: [{ '00080100': { vr: 'SH', Value: ['ab'] } }] } }, {}],
      },
    });
  });

  it('leaves group lengths and file meta out and keeps private elements and UN', () => {
    const { json } = convert([
      element(0x00080000, 'UL', Buffer.from([4, 0, 0, 0])),
      element(0x00090010, 'LO', 'ACME '),
      element(0x00091001, 'UN', Buffer.from([1, 2])),
      element(0x00091002, 'UN', ''),
    ]);
    expect(json).toEqual({
      '00090010': { vr: 'LO', Value: ['ACME'] },
      '00091001': { vr: 'UN', InlineBinary: 'AQI=' },
      '00091002': { vr: 'UN' },
    });
  });

  it('gives UN of known attributes their VR, in little endian whatever the file is', () => {
    const elements = (style: Style): Uint8Array[] => [
      element(0x00090010, 'UN', 'ACME', style),
      element(Tags.PatientName, 'UN', 'Doe^John', style),
      element(Tags.Rows, 'UN', Buffer.from([2, 1]), style),
      element(Tags.Columns, 'UN', Buffer.from([2, 1, 0, 0, 9, 9].slice(0, 3)), style),
    ];
    const expected = {
      '00090010': { vr: 'LO', Value: ['ACME'] },
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Doe^John' }] },
      '00280010': { vr: 'US', Value: [258] },
      '00280011': { vr: 'UN', InlineBinary: 'AgEA' }, // three bytes are no number
    };
    expect(convert(elements({})).json).toEqual(expected);
    expect(convert(elements(bigEndian), { syntax: 'ExplicitVRBigEndian' }).json).toEqual(expected);
  });

  it('writes the same for little and big endian, also inside sequences', () => {
    const elements = (style: Style): Uint8Array[] => [
      sequence(0x00082112, [element(Tags.Rows, 'US', uint16(258, style), style)], style),
      element(Tags.Rows, 'US', uint16(258, style), style),
      element(0x00281201, 'OW', uint16(258, style), style),
    ];
    const expected = {
      '00082112': { vr: 'SQ', Value: [{ '00280010': { vr: 'US', Value: [258] } }] },
      '00280010': { vr: 'US', Value: [258] },
      '00281201': { vr: 'OW', InlineBinary: 'AgE=' },
    };
    expect(convert(elements({})).json).toEqual(expected);
    expect(convert(elements(bigEndian), { syntax: 'ExplicitVRBigEndian' }).json).toEqual(expected);
    expect(convert(elements(implicit), { syntax: 'ImplicitVRLittleEndian' }).json).toMatchObject({
      '00082112': expected['00082112'],
      '00280010': expected['00280010'],
    });
  });

  it('refers to pixel data and long values by URI, short binary values stand inline', () => {
    const { json } = convert([
      sequence(Tags.IconImageSequence, [
        element(0x00281201, 'OW', Buffer.alloc(2)),
        Buffer.concat([element(Tags.Rows, 'US', uint16(1)), element(Tags.PixelData, 'OW', Buffer.alloc(2))]),
      ]),
      element(0x00420011, 'OB', Buffer.alloc(2000)),
      element(Tags.TextValue, 'UT', Buffer.alloc(70_000, 'x')),
      element(Tags.PixelData, 'OW', Buffer.alloc(4)),
    ]);
    expect(json).toEqual({
      '00880200': {
        vr: 'SQ',
        Value: [
          { '00281201': { vr: 'OW', InlineBinary: 'AAA=' } },
          {
            '00280010': { vr: 'US', Value: [1] },
            '7FE00010': { vr: 'OW', BulkDataURI: 'bulk/00880200/2/7FE00010' },
          },
        ],
      },
      '00420011': { vr: 'OB', BulkDataURI: 'bulk/00420011' },
      '0040A160': { vr: 'UT', BulkDataURI: 'bulk/0040A160' },
      '7FE00010': { vr: 'OW', BulkDataURI: 'bulk/7FE00010' },
    });
    const compressed = convert([encapsulated([], [Buffer.alloc(2)])], { syntax: 'JPEGBaseline8Bit' });
    expect(compressed.json).toEqual({ '7FE00010': { vr: 'OB', BulkDataURI: 'bulk/7FE00010' } });
  });

  it('orders attributes that came out of order', () => {
    const { json } = convert([element(Tags.PatientID, 'LO', 'A '), element(Tags.Modality, 'CS', 'CT')]);
    expect(Object.keys(json)).toEqual(['00080060', '00100020']);
  });
});

describe('Specific Character Set', () => {
  const name = (hex: string): Uint8Array => element(Tags.PatientName, 'PN', Buffer.from(hex, 'hex'));
  const label = (text: string): Uint8Array => element(Tags.SpecificCharacterSet, 'CS', text);

  it('says ISO_IR 192 where a label was present, and the plan what it was', () => {
    const { json, characterSet } = convert([label('ISO_IR 144'), name('b8d2')]);
    expect(json).toEqual({
      '00080005': { vr: 'CS', Value: ['ISO_IR 192'] },
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Ив' }] },
    });
    expect(characterSet).toEqual({ label: ['ISO_IR 144'], used: ['ISO_IR 144'], flag: 'as-labelled' });
    expect(convert([label('ISO_IR 100'), name('4141')]).json['00080005']?.Value).toEqual(['ISO_IR 192']);
  });

  it('is added where text beyond ASCII had no label, in its place', () => {
    const { json, characterSet } = convert([element(Tags.Modality, 'CS', 'CT'), name('8dc0')], {
      assumed: 'KZ-1048',
    });
    expect(Object.entries(json)).toEqual([
      ['00080005', { vr: 'CS', Value: ['ISO_IR 192'] }],
      ['00080060', { vr: 'CS', Value: ['CT'] }],
      ['00100010', { vr: 'PN', Value: [{ Alphabetic: 'ҚА' }] }],
    ]);
    expect(characterSet).toEqual({ label: [], used: ['KZ-1048'], flag: 'assumed' });
    expect(convert([name('4141')]).json).not.toHaveProperty('00080005');
  });

  it('is inherited by items and replaced in items that have their own', () => {
    const { json, characterSet } = convert([
      label('ISO_IR 100'),
      sequence(Tags.ReferencedPatientSequence, [
        name('e9e9'),
        Buffer.concat([label('ISO_IR 144'), name('b8d2')]),
      ]),
      sequence(Tags.OtherPatientIDsSequence, [Buffer.concat([label(''), name('e9e9')])]),
    ]);
    expect(json['00081120']?.Value).toEqual([
      { '00100010': { vr: 'PN', Value: [{ Alphabetic: 'éé' }] } },
      {
        '00080005': { vr: 'CS', Value: ['ISO_IR 192'] },
        '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Ив' }] },
      },
    ]);
    expect(json['00101002']?.Value).toMatchObject([{ '00100010': { Value: [{ Alphabetic: 'éé' }] } }]);
    expect(characterSet).toEqual({
      label: ['ISO_IR 100'],
      used: ['ISO_IR 100', 'ISO_IR 144'],
      flag: 'as-labelled',
    });
  });

  it('is read as written, absent and empty told apart', () => {
    const labelIn = (...elements: Uint8Array[]): readonly string[] | undefined =>
      labelOf(readPart10(part10(Buffer.concat([...elements, name('4141')]))).dataSet);
    expect(labelIn()).toBeUndefined();
    expect(labelIn(label(''))).toEqual([]);
    expect(labelIn(label('\\ISO 2022 IR 87 '))).toEqual(['', 'ISO 2022 IR 87']);
  });
});
