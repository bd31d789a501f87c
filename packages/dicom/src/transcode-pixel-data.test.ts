import { describe, expect, it } from 'vitest';
import { element, encapsulated, identifiable, part10, sequence, uint16 } from '../test-support/encode.ts';
import { collect, sourceOf } from '../test-support/encodings.ts';
import { fixtures } from '../test-support/fixtures.ts';
import { flatten } from '../test-support/flatten.ts';
import { readPart10 } from './part10-reader.ts';
import { type Tag, Tags } from './tag.ts';
import { type NewPixelData, withPixelData } from './transcode-pixel-data.ts';
import { TransferSyntaxes } from './transfer-syntax.ts';

const explicit = TransferSyntaxes.ExplicitVRLittleEndian.uid;
const rle = TransferSyntaxes.RLELossless.uid;
const big = { littleEndian: false };

async function* framesOf(...frames: readonly Buffer[]): AsyncGenerator<Uint8Array> {
  yield* frames;
}

function native(frames: readonly Buffer[], changes: Partial<NewPixelData> = {}): NewPixelData {
  return {
    transferSyntaxUid: explicit,
    vr: 'OB',
    length: Buffer.concat(frames).length,
    frames: framesOf(...frames),
    attributes: new Map(),
    atOffsets: new Map(),
    ...changes,
  };
}

const encoded = (frames: readonly Buffer[]) => native(frames, { transferSyntaxUid: rle, length: undefined });

async function replaced(bytes: Uint8Array, pixelData: NewPixelData, chunkBytes?: number): Promise<Buffer> {
  return collect(withPixelData(sourceOf(bytes, chunkBytes), pixelData));
}

describe('withPixelData', () => {
  it.each(Object.entries(fixtures()))('%s: keeps every other element', async (_, bytes) => {
    const frames = [Buffer.from([1, 2, 3, 4])];
    const before = new Map(flatten(bytes));
    if (!before.has('7FE00010')) return;
    for (const chunkBytes of [1, 100, bytes.length]) {
      const written = await replaced(bytes, native(frames), chunkBytes);
      const after = new Map(flatten(written));
      expect(readPart10(written).transferSyntax.uid).toBe(explicit);
      expect(readPart10(written).warnings).toEqual([]);
      expect(after.get('7FE00010')).toBe('OB 01020304');
      before.delete('7FE00010');
      after.delete('7FE00010');
      expect(after).toEqual(before);
    }
  });

  it('puts in what goes with the pixels, in its place, in the byte order of the output', async () => {
    const dataSet = identifiable(
      big,
      element(Tags.SamplesPerPixel, 'US', uint16(3, big), big),
      element(Tags.PhotometricInterpretation, 'CS', Buffer.from('YBR_FULL'), big),
      element(Tags.Rows, 'US', uint16(2, big), big),
      element(Tags.PixelData, 'OB', Buffer.from([9, 9]), big),
    );
    const attributes = new Map([
      [Tags.PhotometricInterpretation, { vr: 'CS', value: Buffer.from('RGB') }],
      [Tags.PlanarConfiguration, { vr: 'US', value: Buffer.from([0, 0]) }],
      [Tags.LossyImageCompression, { vr: 'CS', value: Buffer.from('01') }],
    ] as const);
    const bytes = part10(dataSet, TransferSyntaxes.ExplicitVRBigEndian.uid);
    const { dataSet: written } = readPart10(
      await replaced(bytes, native([Buffer.from([7])], { attributes })),
    );
    const valueOf = (tag: Tag) => Buffer.from(written.elements.get(tag)?.value ?? []).toString('latin1');
    expect(valueOf(Tags.PhotometricInterpretation)).toBe('RGB ');
    expect(valueOf(Tags.PlanarConfiguration)).toBe('\0\0');
    expect(valueOf(Tags.LossyImageCompression)).toBe('01');
    expect(valueOf(Tags.Rows)).toBe('\x02\0');
    expect([...written.elements.keys()]).toEqual([...written.elements.keys()].sort((a, b) => a - b));
  });

  it('writes frames as one native value of even length, or as a fragment each behind an empty table', async () => {
    const bytes = part10(identifiable({}, element(Tags.PixelData, 'OB', Buffer.from([9, 9]))), explicit);
    const one = readPart10(await replaced(bytes, native([Buffer.from([1, 2]), Buffer.from([3])])));
    expect(one.pixelData).toMatchObject({ kind: 'native', length: 4 });
    const many = readPart10(await replaced(bytes, encoded([Buffer.from([1, 2]), Buffer.from([3, 4, 5, 6])])));
    expect(many.pixelData).toMatchObject({
      kind: 'encapsulated',
      vr: 'OB',
      basicOffsets: [],
      fragments: [{ length: 2 }, { length: 4 }],
    });
  });

  it('drops what says where the old fragments were', async () => {
    const dataSet = identifiable(
      {},
      element(Tags.ExtendedOffsetTable, 'OV', Buffer.alloc(8)),
      element(Tags.ExtendedOffsetTableLengths, 'OV', Buffer.alloc(8)),
      encapsulated([], [Buffer.from([1, 2])]),
    );
    const flat = flatten(await replaced(part10(dataSet, rle), native([Buffer.from([5, 6])])));
    expect([...flat.keys()].filter((path) => path.startsWith('7FE0'))).toEqual(['7FE00010']);
  });

  it('replaces values inside sequences by their offsets', async () => {
    const icon = sequence(Tags.IconImageSequence, [
      Buffer.concat([
        element(Tags.PhotometricInterpretation, 'CS', 'YBR_FULL'),
        encapsulated([], [Buffer.from([1, 2])]),
      ]),
    ]);
    const bytes = part10(identifiable({}, icon, encapsulated([], [Buffer.from([1, 2])])), rle);
    const [item] = readPart10(bytes).dataSet.elements.get(Tags.IconImageSequence)?.items ?? [];
    const offsetOf = (tag: Tag) => item?.elements.get(tag)?.offset ?? -1;
    const atOffsets = new Map([
      [offsetOf(Tags.PhotometricInterpretation), { vr: 'CS', value: Buffer.from('RGB') }],
      [offsetOf(Tags.PixelData), { vr: 'OB', value: Buffer.from([7, 8]) }],
    ] as const);
    const flat = flatten(await replaced(bytes, native([Buffer.from([5, 6])], { atOffsets })));
    expect(flat.get('00880200/1/7FE00010')).toBe('OB 0708');
    expect(flat.get('00880200/1/00280004')).toBe(`CS ${Buffer.from('RGB ').toString('hex')}`);
  });

  it('fails rather than write a value that is not as long as it says, or none', async () => {
    const bytes = part10(identifiable({}, element(Tags.PixelData, 'OB', Buffer.from([9, 9]))), explicit);
    const short = native([Buffer.from([1, 2])], { length: 4 });
    await expect(replaced(bytes, short)).rejects.toMatchObject({ name: 'DicomError', code: 'malformed' });
    const without = part10(identifiable({}), explicit);
    await expect(replaced(without, native([]))).rejects.toMatchObject({ code: 'malformed' });
  });
});
