import { describe, expect, it } from 'vitest';
import { element, encapsulated, identifiable, part10, sequence } from '../test-support/encode.ts';
import {
  encodePlain,
  type PlainDataSet,
  type PlainElement,
  type PlainEncoding,
  plainEncoding,
  sourceOf,
} from '../test-support/encodings.ts';
import { bytes, image, text } from '../test-support/image.ts';
import { type ContentDigest, compareContent, digestContent } from './content-digest.ts';
import { Tags } from './tag.ts';
import { TransferSyntaxes } from './transfer-syntax.ts';

const { ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian } = TransferSyntaxes;

async function digest(dataSet: PlainDataSet, encoding: Partial<PlainEncoding> = {}): Promise<ContentDigest> {
  return digestContent(sourceOf(encodePlain(dataSet, { ...plainEncoding, ...encoding }), 97));
}

async function digestBytes(dataSet: Uint8Array, syntax = ExplicitVRLittleEndian.uid): Promise<ContentDigest> {
  return digestContent(sourceOf(part10(dataSet, syntax)));
}

/** The image with one element replaced, added or (undefined) left out. */
function changed(tag: number, replacement?: PlainElement): PlainDataSet {
  const others = image.filter((plain) => plain.tag !== tag);
  return replacement === undefined
    ? others
    : [...others, replacement].sort((left, right) => left.tag - right.tag);
}

describe('digestContent', () => {
  it('is the same without preamble and meta information', async () => {
    expect(await digest(image, { preamble: false })).toEqual(await digest(image));
  });

  it('does not care about the padding of text, the order of elements and repetitions', async () => {
    const expected = await digestBytes(
      identifiable({}, element(Tags.PatientID, 'LO', 'AB  '), element(Tags.Rows, 'US', 'xy')),
    );
    for (const rest of [
      [element(Tags.PatientID, 'LO', 'AB'), element(Tags.Rows, 'US', 'xy')],
      [element(Tags.PatientID, 'LO', 'AB\0\0'), element(Tags.Rows, 'US', 'xy')],
      [element(Tags.Rows, 'US', 'xy'), element(Tags.PatientID, 'LO', ' AB ')],
      [
        element(Tags.PatientID, 'LO', 'AB'),
        element(Tags.PatientID, 'LO', 'CD'),
        element(Tags.Rows, 'US', 'xy'),
      ],
    ]) {
      expect(await digestBytes(identifiable({}, ...rest))).toEqual(expected);
    }
  });

  it('takes zeros at the end of native pixel data for padding', async () => {
    const withPixels = async (values: readonly number[]) =>
      (await digest(changed(Tags.PixelData, bytes(Tags.PixelData, 'OW', values)))).pixelData;
    expect(await withPixels([1, 2, 3, 0])).toBe(await withPixels([1, 2, 3, 0, 0, 0]));
    expect(await withPixels([0, 0, 3, 0])).not.toBe(await withPixels([3, 0]));
    expect(await withPixels([1, 0, 0, 2])).not.toBe(await withPixels([1, 0, 2, 0]));
  });

  it('hashes long runs of zeros inside the pixel data', async () => {
    const pixels = (zeros: number) =>
      bytes(Tags.PixelData, 'OW', [1, ...Array.from({ length: zeros }, () => 0), 1]);
    const one = await digest(changed(Tags.PixelData, pixels(200_000)));
    const other = await digest(changed(Tags.PixelData, pixels(200_002)));
    expect(one.pixelData).not.toBe(other.pixelData);
  });

  it('knows items in a private value whose VR implicit VR hides', async () => {
    const item = element(Tags.CodeValue, 'SH', 'ab');
    const explicit = await digestBytes(
      identifiable({}, sequence(0x00411001, [item, item], { defined: true })),
    );
    const style = { explicitVr: false };
    const hidden = element(Tags.CodeValue, 'SH', 'ab', style);
    const implicit = await digestBytes(
      identifiable(style, sequence(0x00411001, [hidden, hidden], { ...style, defined: true })),
      ImplicitVRLittleEndian.uid,
    );
    expect(implicit).toEqual(explicit);
  });

  it('takes what only begins like items for bytes', async () => {
    const almost = (last: number) =>
      digestBytes(
        identifiable({}, element(0x00411001, 'UN', Buffer.from([0xfe, 0xff, 0, 0xe0, 9, 0, 0, last]))),
      );
    expect(await almost(1)).not.toEqual(await almost(2));
  });

  it('is not led into the depth by items in items in items', async () => {
    let nested: Buffer = Buffer.alloc(0);
    for (let depth = 0; depth < 5000; depth++) {
      nested = sequence(0x00411001, [nested], { explicitVr: false, defined: true }).subarray(8);
      nested = element(0x00411001, 'UN', nested, { explicitVr: false });
    }
    await expect(
      digestBytes(identifiable({}, element(0x00411001, 'UN', nested.subarray(8)))),
    ).resolves.toBeDefined();
  });

  it('digests compressed pixel data by compression and bytes, not by fragments and tables', async () => {
    const [first, second] = [Buffer.from([0xff, 0xd8, 1, 2]), Buffer.from([3, 4])];
    const compressed = (syntax: string, table: readonly number[], fragments: readonly Uint8Array[]) =>
      digestBytes(identifiable({}, encapsulated(table, fragments)), syntax);
    const { JPEGBaseline8Bit, JPEGLSLossless } = TransferSyntaxes;
    const expected = await compressed(JPEGBaseline8Bit.uid, [0], [first, second]);
    expect(await compressed(JPEGBaseline8Bit.uid, [], [Buffer.concat([first, second])])).toEqual(expected);
    expect(await compressed(JPEGLSLossless.uid, [0], [first, second])).not.toEqual(expected);
    expect(await compressed(JPEGBaseline8Bit.uid, [0], [second, first])).not.toEqual(expected);
  });

  it('counts other bulk data among the attributes', async () => {
    const expected = await digest(image);
    const table = bytes(
      Tags.RedPaletteColorLookupTableData,
      'OW',
      Array.from({ length: 2000 }, () => 1),
    );
    const other = await digest(changed(table.tag, table));
    expect(other.attributes).not.toBe(expected.attributes);
    expect(other.pixelData).toBe(expected.pixelData);
  });

  it('compares long text as text', async () => {
    const long = text(Tags.TextValue, 'UT', 'zürich '.repeat(20_000));
    const utf8 = await digest(changed(long.tag, long));
    expect(await digest(changed(long.tag, long), { characterSet: 'ISO_IR 100' })).toEqual(utf8);
    expect(await digest(changed(long.tag, text(long.tag, 'UT', 'zürich '.repeat(20_001))))).not.toEqual(utf8);
  });

  it('says that there is no pixel data', async () => {
    expect((await digest(changed(Tags.PixelData))).pixelData).toBe('');
  });

  it('keeps damaged text apart', async () => {
    const damaged = (last: string) =>
      digestBytes(
        identifiable(
          {},
          element(Tags.SpecificCharacterSet, 'CS', 'ISO_IR 192'),
          element(Tags.PatientID, 'LO', `ääääää${last}`),
        ),
      );
    expect((await damaged('\xe9a')).patientAndStudy).not.toBe((await damaged('\xe8a')).patientAndStudy);
  });
});

describe('compareContent', () => {
  const verdict = async (other: PlainDataSet, encoding: Partial<PlainEncoding> = {}) =>
    compareContent(
      await digest(image),
      await digest(other, encoding),
      (encoding.syntax ?? plainEncoding.syntax) === plainEncoding.syntax,
    );

  it('calls the same image equal, in another encoding or not', async () => {
    expect(await verdict(image)).toBe('equal');
    expect(await verdict(image, { characterSet: 'ISO_IR 100', groupLengths: true })).toBe('equal');
    expect(await verdict(image, { syntax: ExplicitVRBigEndian })).toBe('equal-in-another-encoding');
  });

  it('tells corrections of patient and study from other changes', async () => {
    const correction = changed(Tags.PatientName, text(Tags.PatientName, 'PN', 'Mueller^Juergen'));
    expect(await verdict(correction)).toBe('patient-or-study-attributes-differ');
    expect(await verdict(correction, { syntax: ImplicitVRLittleEndian })).toBe(
      'patient-or-study-attributes-differ',
    );
    expect(await verdict(changed(Tags.StudyDescription, text(Tags.StudyDescription, 'LO', 'new')))).toBe(
      'patient-or-study-attributes-differ',
    );
    expect(await verdict(changed(Tags.PatientID))).toBe('patient-or-study-attributes-differ');
  });

  it.each([
    ['another study', text(Tags.StudyInstanceUID, 'UI', '1.2.55')],
    ['another series', text(Tags.SeriesInstanceUID, 'UI', '1.2.66')],
    ['another description', text(Tags.SeriesDescription, 'LO', 'Schädel')],
    ['another private number', bytes(0x00111001, 'US', [1, 1])],
    ['another pixel', bytes(Tags.PixelData, 'OW', [1, 2, 3, 4, 6, 0])],
    [
      'a nested patient name',
      { tag: Tags.ContentSequence, vr: 'SQ', items: [[text(Tags.PatientName, 'PN', 'X')]] },
    ],
  ] as const)('calls %s different', async (_, replacement) => {
    expect(await verdict(changed(replacement.tag, replacement))).toBe('different');
  });
});
