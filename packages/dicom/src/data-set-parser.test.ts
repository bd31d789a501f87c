import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { element, identifiable, marker, part10, sequence, uint16 } from '../test-support/encode.ts';
import { faultOf } from '../test-support/fault.ts';
import { identify } from './identify.ts';
import { readPart10 } from './part10-reader.ts';
import { Tags } from './tag.ts';
import { TransferSyntaxes } from './transfer-syntax.ts';
import { intOf, intsOf, stringOf } from './values.ts';

const pixels = Buffer.from([1, 2, 3, 4]);

describe('encodings', () => {
  const item = (style: object) => element(Tags.CodeValue, 'SH', 'ab', style);
  const dataSet = (style: { explicitVr?: boolean; littleEndian?: boolean }) =>
    identifiable(
      style,
      element(Tags.Rows, 'US', uint16(513, style), style),
      sequence(Tags.AcquisitionContextSequence, [item(style)], style),
      sequence(Tags.ContentSequence, [item(style), item(style)], { ...style, defined: true }),
      element(Tags.PixelData, 'OW', pixels, style),
    );

  it.each([
    ['ImplicitVRLittleEndian', { explicitVr: false }],
    ['ExplicitVRLittleEndian', {}],
    ['ExplicitVRBigEndian', { littleEndian: false }],
    ['GEPrivateImplicitVRBigEndianPixelData', { explicitVr: false }],
  ] as const)('reads %s', (keyword, style) => {
    const syntax = TransferSyntaxes[keyword];
    const bytes = part10(dataSet(style), syntax.uid);
    const file = readPart10(bytes);
    expect(file).toMatchObject({
      preamble: true,
      transferSyntax: syntax,
      length: bytes.length,
      deflated: false,
    });
    expect(file.warnings).toEqual([]);
    expect(intOf(file.dataSet, Tags.Rows)).toBe(513);
    const open = file.dataSet.elements.get(Tags.AcquisitionContextSequence);
    const closed = file.dataSet.elements.get(Tags.ContentSequence);
    expect([open?.vr, closed?.vr]).toEqual(['SQ', 'SQ']);
    expect(open?.items?.map((ds) => stringOf(ds, Tags.CodeValue))).toEqual(['ab']);
    expect(closed?.items?.map((ds) => stringOf(ds, Tags.CodeValue))).toEqual(['ab', 'ab']);
    expect(file.pixelData).toEqual({
      kind: 'native',
      tag: Tags.PixelData,
      vr: 'OW',
      offset: bytes.length - 4,
      length: 4,
    });
  });

  it('reads a deflated data set; offsets count in the inflated stream', () => {
    const plain = dataSet({});
    const deflated = deflateRawSync(plain);
    const bytes = part10(deflated, TransferSyntaxes.DeflatedExplicitVRLittleEndian.uid);
    const file = readPart10(Buffer.concat([bytes, Buffer.alloc(bytes.length % 2)]));
    expect(file.deflated).toBe(true);
    expect(file.dataSetOffset).toBe(bytes.length - deflated.length);
    expect(file.pixelData).toMatchObject({ offset: plain.length - 4, length: 4 });
    expect(identify(file).sopInstanceUid).toBe('1.2.3.4.1');
  });

  it('takes the group length for the end of the meta group before a deflated data set', () => {
    // An empty block with fixed codes, then an empty stored block: begins like group 0002.
    const misleading = Buffer.from([0x02, 0x00, 0x00, 0x00, 0xff, 0xff]);
    const deflated = Buffer.concat([misleading, deflateRawSync(dataSet({}))]);
    const file = readPart10(part10(deflated, TransferSyntaxes.DeflatedExplicitVRLittleEndian.uid));
    expect(identify(file).sopInstanceUid).toBe('1.2.3.4.1');
  });

  it('reads lists of numbers in the byte order of the file', () => {
    const style = { littleEndian: false };
    const lut = Buffer.concat([uint16(256, style), uint16(0, style), uint16(16, style)]);
    const bytes = part10(
      element(Tags.LUTDescriptor, 'US', lut, style),
      TransferSyntaxes.ExplicitVRBigEndian.uid,
    );
    expect(intsOf(readPart10(bytes).dataSet, Tags.LUTDescriptor)).toEqual([256, 0, 16]);
  });

  it('gives lengths and offsets of the value field as it stands', () => {
    const value = element(Tags.CodeValue, 'SH', 'ab');
    const bytes = part10(sequence(Tags.AnatomicRegionSequence, [value]));
    const file = readPart10(bytes);
    const found = file.dataSet.elements.get(Tags.AnatomicRegionSequence);
    expect(found?.offset).toBe(file.dataSetOffset + 12);
    expect(found?.length).toBe(8 + value.length + 8 + 8);
    const inner = found?.items?.[0]?.elements.get(Tags.CodeValue);
    expect(inner).toMatchObject({ offset: file.dataSetOffset + 12 + 8 + 8, length: 2 });
  });
});

describe('implicit VR', () => {
  const style = { explicitVr: false };
  const vrOf = (...elements: Buffer[]) => {
    const file = readPart10(part10(Buffer.concat(elements), TransferSyntaxes.ImplicitVRLittleEndian.uid));
    return [...file.dataSet.elements.values()].map(({ vr }) => vr);
  };

  it('takes VRs from the dictionary, with repeating groups, group lengths and private creators', () => {
    expect(
      vrOf(
        element(0x00080000, '', Buffer.alloc(4), style),
        element(Tags.PatientName, '', 'A', style),
        element(0x00110010, '', 'ACME', style),
        element(0x00111001, '', 'xx', style),
        element(0x60020010, '', uint16(1), style),
        element(0x60023000, '', 'xx', style),
      ),
    ).toEqual(['UL', 'PN', 'LO', 'UN', 'US', 'OW']);
  });

  it.each([
    [0, 'US'],
    [1, 'SS'],
  ])('Pixel Representation %i makes "US or SS" %s, in items too', (representation, vr) => {
    const smallest = element(Tags.SmallestImagePixelValue, '', uint16(7), style);
    const bytes = Buffer.concat([
      element(Tags.PixelRepresentation, '', uint16(representation), style),
      smallest,
      sequence(Tags.ModalityLUTSequence, [element(Tags.LUTDescriptor, '', Buffer.alloc(6), style)], style),
    ]);
    const { dataSet } = readPart10(part10(bytes, TransferSyntaxes.ImplicitVRLittleEndian.uid));
    expect(dataSet.elements.get(Tags.SmallestImagePixelValue)?.vr).toBe(vr);
    const lut = dataSet.elements.get(Tags.ModalityLUTSequence)?.items?.[0];
    expect(lut?.elements.get(Tags.LUTDescriptor)?.vr).toBe(vr);
  });

  it('reads what it does not know as a sequence when it has no length', () => {
    const bytes = sequence(0x00111001, [element(Tags.CodeValue, '', 'ab', style)], style);
    const { dataSet } = readPart10(part10(bytes, TransferSyntaxes.ImplicitVRLittleEndian.uid));
    expect(dataSet.elements.get(0x00111001)).toMatchObject({ vr: 'SQ', items: [{}] });
  });
});

describe('what is rare but legal or tolerated', () => {
  it('UN of undefined length is a sequence in implicit VR little endian, even in big endian', () => {
    const style = { littleEndian: false };
    const inner = element(Tags.Rows, '', uint16(5), { explicitVr: false });
    const un = Buffer.concat([
      Buffer.from([0x00, 0x11, 0x10, 0x01]),
      Buffer.from('UN\0\0'),
      Buffer.from([0xff, 0xff, 0xff, 0xff]),
      marker(0xfffee000, 0xffffffff),
      inner,
      marker(0xfffee00d, 0),
      marker(0xfffee0dd, 0),
    ]);
    const file = readPart10(part10(identifiable(style, un), TransferSyntaxes.ExplicitVRBigEndian.uid));
    const found = file.dataSet.elements.get(0x00111001);
    expect(found?.vr).toBe('UN');
    const items = found?.items ?? [];
    expect(items.map((item) => intOf(item, Tags.Rows))).toEqual([5]);
  });

  it('UN of undefined length whose items were left in explicit VR', () => {
    const un = sequence(
      0x00111001,
      [element(Tags.CodeValue, 'SH', 'ab'), element(0x00111002, 'FD', Buffer.alloc(8))],
      {
        vr: 'UN',
      },
    );
    const items = readPart10(part10(un)).dataSet.elements.get(0x00111001)?.items ?? [];
    expect(
      items.flatMap(({ elements }) => [...elements.values()].map(({ vr, length }) => [vr, length])),
    ).toEqual([
      ['SH', 2],
      ['FD', 8],
    ]);
  });

  it.each([
    ['XX', 'a newer VR has a 32-bit length'],
    ['  ', 'blank with a 16-bit length'],
    ['??', 'unknown to its writer'],
  ])('VR "%s" is read as UN: %s', (vr) => {
    const file = readPart10(
      part10(Buffer.concat([element(0x00091001, vr, 'ab'), element(Tags.PatientID, 'LO', 'x')])),
    );
    expect(file.dataSet.elements.get(0x00091001)).toMatchObject({ vr: 'UN', length: 2 });
    expect(stringOf(file.dataSet, Tags.PatientID)).toBe('x');
    expect(file.warnings).toHaveLength(1);
  });

  it('odd lengths, group lengths, trailing padding elements and trailing zeros', () => {
    const bytes = Buffer.concat([
      element(0x00080000, 'UL', Buffer.from([1, 2, 3, 4])),
      identifiable({}, element(Tags.ImageComments, 'LT', 'odd')),
      element(Tags.PixelData, 'OB', Buffer.from([1, 2, 3])),
      element(0xfffcfffc, 'OB', Buffer.alloc(10)),
      Buffer.alloc(13),
    ]);
    const file = readPart10(part10(bytes));
    expect(stringOf(file.dataSet, Tags.ImageComments)).toBe('odd');
    expect(file.pixelData?.length).toBe(3);
    expect(file.dataSet.elements.has(0xfffcfffc)).toBe(true);
    expect(file.warnings).toEqual(['Zero bytes follow the data set.']);
  });

  it('delimiters where lengths are defined', () => {
    const inner = Buffer.concat([element(Tags.CodeValue, 'SH', 'ab'), marker(0xfffee00d, 0)]);
    const items = Buffer.concat([marker(0xfffee000, inner.length), inner, marker(0xfffee0dd, 0)]);
    const file = readPart10(part10(element(Tags.AnatomicRegionSequence, 'SQ', items)));
    expect(file.dataSet.elements.get(Tags.AnatomicRegionSequence)?.items).toHaveLength(1);
    expect(file.warnings).toEqual(['A sequence or item of defined length has a delimiter.']);
  });

  it('keeps the first of a repeated tag and says so, and that tags are out of order', () => {
    const file = readPart10(
      part10(
        Buffer.concat([
          element(Tags.PatientID, 'LO', 'b '),
          element(Tags.PatientName, 'PN', 'a '),
          element(Tags.PatientID, 'LO', 'c '),
        ]),
      ),
    );
    expect(stringOf(file.dataSet, Tags.PatientID)).toBe('b');
    expect(file.warnings).toHaveLength(2);
  });

  it('refuses two different identities in one data set, accepts one repeated', () => {
    const uid = element(Tags.SOPInstanceUID, 'UI', '1.2.3.4.1\0');
    expect(identify(readPart10(part10(identifiable({}, uid)))).sopInstanceUid).toBe('1.2.3.4.1');
    const other = element(Tags.SOPInstanceUID, 'UI', '1.2.3.4.9\0');
    expect(faultOf(() => readPart10(part10(identifiable({}, other))))).toMatchObject({
      code: 'malformed',
      tag: Tags.SOPInstanceUID,
    });
  });
});
