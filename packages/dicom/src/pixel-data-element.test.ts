import { describe, expect, it } from 'vitest';
import { element, encapsulated, identifiable, part10, sequence } from '../test-support/encode.ts';
import { faultOf } from '../test-support/fault.ts';
import type { BulkElement, Fragment } from './data-set.ts';
import type { PixelDataStart } from './data-set-builder.ts';
import { readPart10 } from './part10-reader.ts';
import { Tags } from './tag.ts';
import { TransferSyntaxes } from './transfer-syntax.ts';

const pixels = Buffer.from([1, 2, 3, 4]);

describe('pixel data and bulk', () => {
  const jpeg = TransferSyntaxes.JPEGBaseline8Bit.uid;

  it('lists fragments, their heads and offset tables', () => {
    const table = Buffer.alloc(16);
    table.writeBigUInt64LE(12n, 8);
    const bytes = part10(
      Buffer.concat([
        identifiable(),
        element(Tags.ExtendedOffsetTable, 'OV', table),
        encapsulated([0, 12], [Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.from([0xff, 0xd9])]),
      ]),
      jpeg,
    );
    const starts: PixelDataStart[] = [];
    const fragments: Fragment[] = [];
    const file = readPart10(bytes, {
      onPixelDataStart: (start) => {
        expect(start.dataSet.elements.size).toBe(5);
        starts.push(start);
      },
      onFragment: (fragment) => fragments.push(fragment),
    });
    const end = bytes.length;
    expect(starts).toMatchObject([{ tag: Tags.PixelData, vr: 'OB', offset: end - 46, length: undefined }]);
    expect(fragments).toEqual([
      { offset: end - 22, length: 4, head: 0xffd8ffe0 },
      { offset: end - 10, length: 2, head: 0xffd90000 },
    ]);
    expect(file.pixelData).toEqual({
      kind: 'encapsulated',
      tag: Tags.PixelData,
      vr: 'OB',
      offset: end - 46,
      length: 46,
      basicOffsets: [0, 12],
      basicOffsetTable: { offset: end - 38, length: 8 },
      extendedOffsets: [0, 12],
      fragments,
    });
  });

  it('names bulk values by path, also pixel data inside sequences, native or encapsulated', () => {
    const long = Buffer.alloc(1025, 7);
    const icon = sequence(Tags.IconImageSequence, [Buffer.alloc(0), encapsulated([], [pixels])]);
    const bytes = part10(
      Buffer.concat([
        element(0x00091001, 'UN', long),
        icon,
        element(0x00420011, 'OB', long),
        encapsulated([], [pixels]),
      ]),
      jpeg,
    );
    const passed = new Map<string, number>();
    const file = readPart10(bytes, {
      onBulkData: ({ path }, piece) => passed.set(path, (passed.get(path) ?? 0) + piece.length),
    });
    const listed = file.bulk.map(({ path, vr }: BulkElement) => `${path} ${vr}`);
    expect(listed).toEqual(['00091001 UN', '00880200/2/7FE00010 OB', '00420011 OB']);
    expect(file.bulk[0]).toMatchObject({ offset: file.dataSetOffset + 12, length: 1025 });
    expect([...passed]).toEqual([
      ['00091001', 1025],
      ['00880200/2/7FE00010', 4],
      ['00420011', 1025],
      ['7FE00010', 4],
    ]);
    expect(file.dataSet.elements.get(0x00420011)?.value).toBeUndefined();
  });

  it('keeps text up to 64 KiB and offset tables of any lawful size', () => {
    const text = 'x'.repeat(65_536);
    const table = Buffer.alloc(80_000);
    const bytes = Buffer.concat([
      element(Tags.TextValue, 'UT', text),
      element(0x0040a161, 'UT', `${text}y`),
      element(Tags.ExtendedOffsetTable, 'OV', table),
    ]);
    const { dataSet, bulk } = readPart10(part10(bytes));
    expect(dataSet.elements.get(Tags.TextValue)?.value?.length).toBe(65_536);
    expect(bulk.map(({ path }) => path)).toEqual(['0040A161']);
    expect(dataSet.elements.get(Tags.ExtendedOffsetTable)?.value?.length).toBe(80_000);
  });

  it('refuses encapsulated pixel data in a native syntax, warns of the contrary', () => {
    expect(faultOf(() => readPart10(part10(encapsulated([], [pixels]))))).toMatchObject({
      code: 'malformed',
    });
    const file = readPart10(part10(element(Tags.PixelData, 'OB', pixels), jpeg));
    expect(file.pixelData?.kind).toBe('native');
    expect(file.warnings).toHaveLength(1);
  });

  it('refuses a second pixel data element', () => {
    const two = Buffer.concat([
      element(Tags.FloatPixelData, 'OF', pixels),
      element(Tags.PixelData, 'OB', pixels),
    ]);
    expect(faultOf(() => readPart10(part10(two)))).toMatchObject({ code: 'malformed', tag: Tags.PixelData });
  });
});
