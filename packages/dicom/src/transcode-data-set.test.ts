import { describe, expect, it } from 'vitest';
import { element, encapsulated, identifiable, part10, sequence, uint16 } from '../test-support/encode.ts';
import { collect, sourceOf } from '../test-support/encodings.ts';
import { fixtures } from '../test-support/fixtures.ts';
import { flatten } from '../test-support/flatten.ts';
import { readPart10 } from './part10-reader.ts';
import { Tags } from './tag.ts';
import { toExplicitLittleEndian, withFileMeta } from './transcode-data-set.ts';
import { TransferSyntaxes } from './transfer-syntax.ts';
import { stringOf, uidOf } from './values.ts';

const { encapsulated: compressed, ...natives } = fixtures();
const implicit = TransferSyntaxes.ImplicitVRLittleEndian.uid;
const bigEndian = TransferSyntaxes.ExplicitVRBigEndian.uid;
const big = { littleEndian: false };

async function transcode(bytes: Uint8Array, chunkBytes?: number): Promise<Buffer> {
  return collect(toExplicitLittleEndian(sourceOf(bytes, chunkBytes)));
}

describe('toExplicitLittleEndian', () => {
  it.each(Object.entries(natives))('%s: keeps every element and says so', async (_, bytes) => {
    const transcoded = await transcode(bytes);
    const file = readPart10(transcoded);
    expect(file.transferSyntax).toBe(TransferSyntaxes.ExplicitVRLittleEndian);
    expect(file.preamble).toBe(true);
    expect(file.warnings).toEqual([]);
    expect(flatten(transcoded)).toEqual(flatten(bytes));
  });

  it.each(Object.entries(natives))('%s: writes the same for any chunks', async (_, bytes) => {
    const whole = await transcode(bytes, bytes.length);
    for (const chunkBytes of [1, 3, 100]) {
      expect((await transcode(bytes, chunkBytes)).equals(whole)).toBe(true);
    }
  });

  it('is done once: what it wrote stays the same', async () => {
    const once = await transcode(natives['bigEndian'] ?? Buffer.alloc(0));
    expect((await transcode(once)).equals(once)).toBe(true);
  });

  it('turns words by VR and leaves bytes and UN alone', async () => {
    const dataSet = identifiable(
      big,
      element(0x00091001, 'UN', Buffer.from([1, 2, 3, 4]), big),
      element(0x00091002, 'OB', Buffer.from([1, 2, 3, 4]), big),
      element(0x00091003, 'OW', Buffer.from([1, 2, 3, 4]), big),
      element(0x00091004, 'OL', Buffer.from([1, 2, 3, 4]), big),
      element(0x00091005, 'FD', Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]), big),
      element(Tags.FrameIncrementPointer, 'AT', Buffer.from([0x00, 0x18, 0x10, 0x63]), big),
      element(Tags.PixelData, 'OB', Buffer.from([1, 2, 3, 4]), big),
    );
    const { dataSet: written } = readPart10(await transcode(part10(dataSet, bigEndian)));
    const bytesOf = (tag: number) => [...(written.elements.get(tag)?.value ?? [])];
    expect(bytesOf(0x00091001)).toEqual([1, 2, 3, 4]);
    expect(bytesOf(0x00091002)).toEqual([1, 2, 3, 4]);
    expect(bytesOf(0x00091003)).toEqual([2, 1, 4, 3]);
    expect(bytesOf(0x00091004)).toEqual([4, 3, 2, 1]);
    expect(bytesOf(0x00091005)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
    expect(bytesOf(Tags.FrameIncrementPointer)).toEqual([0x18, 0x00, 0x63, 0x10]);
  });

  it('turns pixel data in pieces that cut words', async () => {
    const pixels = Buffer.from(Array.from({ length: 64 }, (_, index) => index));
    const dataSet = identifiable(big, element(Tags.PixelData, 'OW', pixels, big));
    for (const chunkBytes of [1, 5, 4096]) {
      const flat = flatten(await transcode(part10(dataSet, bigEndian), chunkBytes));
      expect(flat.get('7FE00010')).toBe(`OW ${Buffer.from(pixels).swap16().toString('hex')}`);
    }
  });

  it('turns the big-endian pixels of the GE private syntax and nothing else', async () => {
    const little = { explicitVr: false };
    const dataSet = identifiable(
      little,
      element(Tags.Rows, 'US', uint16(258), little),
      element(Tags.PixelData, 'OW', Buffer.from([1, 2, 3, 4]), little),
    );
    const uid = TransferSyntaxes.GEPrivateImplicitVRBigEndianPixelData.uid;
    const flat = flatten(await transcode(part10(dataSet, uid)));
    expect(flat.get('7FE00010')).toBe('OW 02010403');
    expect(flat.get('00280010')).toBe('US 0201');
  });

  it('takes VRs from the dictionary, from Pixel Representation where it leaves a choice', async () => {
    const style = { explicitVr: false };
    const dataSet = identifiable(
      style,
      element(Tags.PixelRepresentation, 'US', uint16(1), style),
      element(Tags.SmallestImagePixelValue, 'SS', uint16(7), style),
      element(0x00431010, 'LO', 'who knows', style),
      element(0x00890010, 'UN', 'AB', style),
      element(0x60003000, 'OW', Buffer.alloc(4), style),
    );
    const flat = flatten(await transcode(part10(dataSet, implicit)));
    expect(flat.get('00280106')).toBe('SS 0700');
    expect(flat.get('00431010')).toMatch(/^UN /);
    expect(flat.get('00890010')).toMatch(/^LO /);
    expect(flat.get('60003000')).toMatch(/^OW /);
  });

  it('writes values too long for a short length field as UN', async () => {
    const style = { explicitVr: false };
    const comments = Buffer.alloc(70_000, 'x');
    const dataSet = identifiable(style, element(Tags.ImageComments, 'LT', comments, style));
    const flat = flatten(await transcode(part10(dataSet, implicit)));
    expect(flat.get('00204000')).toBe(`UN ${comments.toString('hex')}`);
  });

  it('opens UN sequences and keeps private ones in the order of the source', async () => {
    const code = element(Tags.CodeValue, 'SH', 'ab', { explicitVr: false });
    const hidden = sequence(0x00411001, [code, Buffer.alloc(0)], { vr: 'UN' });
    const transcoded = await transcode(part10(identifiable({}, hidden)));
    expect(flatten(transcoded).get('00411001/1/00080100')).toBe('SH 6162');
    expect(flatten(transcoded).get('00411001')).toBe('SQ 2');
  });

  it('leaves out group lengths, Length to End, padding and repetitions', async () => {
    const dataSet = Buffer.concat([
      element(0x00080000, 'UL', Buffer.alloc(4)),
      element(Tags.LengthToEnd, 'UL', Buffer.alloc(4)),
      identifiable(),
      element(Tags.PatientComments, 'LT', 'first '),
      element(Tags.PatientComments, 'LT', 'second'),
      sequence(Tags.ContentSequence, [element(Tags.CodeValue, 'SH', 'ab')]),
      sequence(Tags.ContentSequence, [sequence(Tags.ContentSequence, [encapsulated([], [])])]),
      element(0x60003000, 'OW', Buffer.alloc(2000, 1)),
      element(0x60003000, 'OW', Buffer.alloc(2000, 2)),
      element(Tags.DataSetTrailingPadding, 'OB', Buffer.alloc(100)),
    ]);
    const flat = flatten(await transcode(part10(dataSet)));
    expect([...flat.keys()]).toEqual([
      '00080016',
      '00080018',
      '0020000D',
      '0020000E',
      '00104000',
      '0040A730',
      '0040A730/1/00080100',
      '60003000',
    ]);
    expect(flat.get('00104000')).toBe(`LT ${Buffer.from('first ').toString('hex')}`);
    expect(flat.get('60003000')).toMatch(/^OW 0101/);
  });

  it('pads values of odd length', async () => {
    const dataSet = identifiable(
      {},
      element(Tags.PatientComments, 'LT', 'odd'),
      element(Tags.PixelData, 'OB', Buffer.from([1, 2, 3])),
    );
    const flat = flatten(await transcode(part10(dataSet)));
    expect(flat.get('00104000')).toBe(`LT ${Buffer.from('odd ').toString('hex')}`);
    expect(flat.get('7FE00010')).toBe('OB 01020300');
  });

  it('keeps encapsulated values that are not the pixel data', async () => {
    const icon = encapsulated([], [Buffer.from([1, 2]), Buffer.from([3])]);
    const flat = flatten(await transcode(part10(identifiable({}, sequence(Tags.IconImageSequence, [icon])))));
    expect(flat.get('00880200/1/7FE00010')).toBe('OB 01020300');
  });

  it('completes the file meta information from the data set and keeps what else it said', async () => {
    const more = [element(Tags.SourceApplicationEntityTitle, 'AE', 'CT_ROOM_1 ')];
    const { meta } = readPart10(await transcode(part10(identifiable(), undefined, more), 7));
    if (meta === undefined) throw new Error('file meta information expected');
    expect(uidOf(meta, Tags.MediaStorageSOPClassUID)).toBe('1.2.840.10008.5.1.4.1.1.7');
    expect(uidOf(meta, Tags.MediaStorageSOPInstanceUID)).toBe('1.2.3.4.1');
    expect(stringOf(meta, Tags.SourceApplicationEntityTitle)).toBe('CT_ROOM_1');
  });

  it('refuses compressed pixel data', async () => {
    await expect(transcode(compressed ?? Buffer.alloc(0))).rejects.toMatchObject({ code: 'not-native' });
  });

  it('passes on what the reader finds wrong', async () => {
    const cut = part10(identifiable({}, element(Tags.PixelData, 'OW', Buffer.alloc(10), {}, 12)));
    await expect(transcode(cut)).rejects.toMatchObject({ code: 'truncated' });
  });

  it('writes while it reads: what it holds does not grow with the length', async () => {
    const total = 64 * 1024 * 1024;
    const chunk = Buffer.alloc(64 * 1024, 7);
    let readBytes = 0;
    async function* source() {
      yield part10(identifiable(big, element(Tags.PixelData, 'OW', '', big, total)), bigEndian);
      for (; readBytes < total; readBytes += chunk.length) yield chunk;
    }
    let writtenBytes = 0;
    let mostHeld = 0;
    for await (const piece of toExplicitLittleEndian(source())) {
      writtenBytes += piece.length;
      mostHeld = Math.max(mostHeld, readBytes - writtenBytes);
    }
    expect(writtenBytes).toBeGreaterThan(total);
    expect(mostHeld).toBeLessThanOrEqual(2 * chunk.length);
  });

  it('does not copy native pixel data in little endian', async () => {
    const pixels = Buffer.alloc(100_000, 5);
    const head = part10(identifiable({}, element(Tags.PixelData, 'OW', '', {}, pixels.length)));
    async function* source() {
      yield head;
      yield pixels;
    }
    const pieces: Uint8Array[] = [];
    for await (const piece of toExplicitLittleEndian(source())) pieces.push(piece);
    expect(pieces.some((piece) => piece.buffer === pixels.buffer && piece.length === pixels.length)).toBe(
      true,
    );
  });
});

describe('withFileMeta', () => {
  const complete = async (bytes: Uint8Array, chunkBytes?: number) =>
    collect(withFileMeta(sourceOf(bytes, chunkBytes)));

  it.each([1, 50, 4096])('passes complete files unchanged, in chunks of %d', async (chunkBytes) => {
    for (const bytes of [natives['explicit'], natives['deflated'], compressed]) {
      expect((await complete(bytes ?? Buffer.alloc(0), chunkBytes)).equals(bytes ?? Buffer.alloc(1))).toBe(
        true,
      );
    }
  });

  it.each(['bare', 'bareBigEndian', 'withoutPreamble'] as const)('completes %s', async (name) => {
    const bytes = natives[name] ?? Buffer.alloc(0);
    const before = readPart10(bytes);
    for (const chunkBytes of [1, 4096]) {
      const completed = await complete(bytes, chunkBytes);
      const after = readPart10(completed);
      expect(after.preamble).toBe(true);
      expect(after.warnings).toEqual([]);
      expect(after.transferSyntax).toBe(before.transferSyntax);
      expect(uidOf(after.meta ?? after.dataSet, Tags.MediaStorageSOPInstanceUID)).toBe('1.2.3.4.1');
      expect(completed.subarray(after.dataSetOffset).equals(bytes.subarray(before.dataSetOffset))).toBe(true);
    }
  });

  it('refuses what is no DICOM', async () => {
    await expect(complete(Buffer.from('hello'))).rejects.toMatchObject({ code: 'not-dicom' });
    await expect(complete(Buffer.alloc(0))).rejects.toMatchObject({ code: 'not-dicom' });
  });
});
