/** One image in two encodings is the same; another image, or one that cannot be decoded, never is. */
import { Tags, type TransferSyntax, TransferSyntaxes } from '@sandyq/dicom';
import { CodecError } from '@sandyq/pixel-data';
import { afterAll, describe, expect, it } from 'vitest';
import { skipWithoutCorpus } from '../../../../test/support/corpus.ts';
import {
  encodeImage,
  type ImageOptions,
  imageEncodings,
  type PlainImage,
} from '../../../../test/support/encoded-images.ts';
import { SeededRandom, testSeed } from '../../../../test/support/seeded-random.ts';
import { ComparingKit } from './testing/comparing-kit.ts';
import { corpusImage, sampleImage, sampleShapes, withOtherPixel } from './testing/sample-images.ts';

const kit = new ComparingKit();
afterAll(() => kit.close());

const seed = testSeed();
const ids = { studyInstanceUid: '2.25.1', seriesInstanceUid: '2.25.2', sopInstanceUid: '2.25.3' };
const { ExplicitVRLittleEndian, RLELossless, JPEGLSLossless, JPEG2000Lossless } = TransferSyntaxes;

const encode = (image: PlainImage, syntax: TransferSyntax, options?: ImageOptions) =>
  encodeImage(ids, image, syntax, options);

/** The image in every encoding that takes it. */
async function encodings(image: PlainImage): Promise<readonly Buffer[]> {
  const files: Buffer[] = [];
  for (const syntax of imageEncodings) {
    try {
      files.push(await encode(image, syntax));
    } catch (error) {
      if (!(error instanceof CodecError && error.code === 'unsupported')) throw error;
    }
  }
  return files;
}

/** The verdict on each with each. */
async function verdicts(files: readonly Buffer[], others = files): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const [index, one] of files.entries()) {
    for (const other of others === files ? files.slice(index + 1) : others) {
      const { comparison, doubt } = await kit.compare(one, other);
      found.add(doubt === undefined ? comparison : `${comparison} (${doubt})`);
    }
  }
  return found;
}

describe(`the same image, seed ${seed}`, () => {
  it.each(Object.keys(sampleShapes))('of %s is the same in any two encodings', async (name) => {
    const image = sampleImage(name, new SeededRandom(seed));
    const files = await encodings(image);
    expect(files.length).toBeGreaterThanOrEqual(5);
    expect(await verdicts(files)).toEqual(new Set(['equal-in-another-encoding']));
  });

  it.each(Object.keys(sampleShapes))('of %s with one other pixel is another', async (name) => {
    const image = sampleImage(name, new SeededRandom(seed));
    const changed = await encodings(withOtherPixel(image));
    expect(await verdicts(await encodings(image), changed)).toEqual(new Set(['different']));
  });

  it('is a correction only with the same pixels', async () => {
    const image = sampleImage('12 bits in 16', new SeededRandom(seed));
    const other = { patientName: 'Сынақ^Айгүл^Серікқызы' };
    const native = await encode(image, ExplicitVRLittleEndian);
    const corrected = await encode(image, JPEG2000Lossless, other);
    const spoilt = await encode(withOtherPixel(image), JPEG2000Lossless, other);
    expect(await kit.compare(native, corrected)).toEqual({
      comparison: 'patient-or-study-attributes-differ',
    });
    expect(await kit.compare(native, spoilt)).toEqual({ comparison: 'different' });
  });

  it('is another where the attributes say another thing', async () => {
    const image = sampleImage('8 bits', new SeededRandom(seed));
    const native = await encode(image, ExplicitVRLittleEndian);
    for (const more of [
      [Tags.LossyImageCompression, 'CS', '01'],
      [Tags.SeriesDescription, 'LO', 'recompressed'],
      [Tags.NumberOfFrames, 'IS', '2'],
    ] as const) {
      const compressed = await encode(image, RLELossless, { more: [more] });
      expect((await kit.compare(native, compressed)).comparison).toBe('different');
    }
    const added = await encode(image, RLELossless, { more: [[Tags.NumberOfFrames, 'IS', '1']] });
    expect(await kit.compare(native, added)).toEqual({ comparison: 'equal-in-another-encoding' });
    const inverse = { ...image, shape: { ...image.shape, photometricInterpretation: 'MONOCHROME1' } };
    expect(await kit.compare(native, await encode(inverse, RLELossless))).toEqual({
      comparison: 'different',
    });
  });
});

describe('samples beyond their bits', () => {
  const image = sampleImage('12 bits in 16, signed, 2 frames', new SeededRandom(seed));
  const withoutSigns = {
    ...image,
    frames: image.frames.map((frame) => frame.map((byte, index) => (index % 2 === 1 ? byte & 0x0f : byte))),
  };

  it('are the same with and without the sign repeated above High Bit', async () => {
    const files = [await encode(image, JPEGLSLossless), await encode(withoutSigns, ExplicitVRLittleEndian)];
    expect(await verdicts(files)).toEqual(new Set(['equal-in-another-encoding']));
  });

  it('are others where an overlay lies there', async () => {
    const unsigned = sampleImage('12 bits in 16', new SeededRandom(seed));
    const withOverlay = {
      ...unsigned,
      frames: unsigned.frames.map((frame) => frame.map((byte, index) => (index === 1 ? byte | 0x80 : byte))),
    };
    const files = [await encode(unsigned, RLELossless), await encode(withOverlay, ExplicitVRLittleEndian)];
    expect(await verdicts(files)).toEqual(new Set(['different']));
  });
});

describe('frames that cannot be decoded', () => {
  const image = sampleImage('16 bits, signed', new SeededRandom(seed));
  const cut = (frame: Uint8Array) => frame.subarray(0, frame.length / 2);

  it.each([RLELossless, JPEGLSLossless, JPEG2000Lossless])(
    'are no proof of anything: $name',
    async (syntax) => {
      const native = await encode(image, ExplicitVRLittleEndian);
      const truncated = await encode(image, syntax, { spoil: cut });
      expect(await kit.compare(native, truncated)).toEqual({
        comparison: 'different',
        doubt: expect.stringMatching(/^(truncated|malformed)-codestream$/),
      });
      // Two damaged files are not the same for being damaged in the same way.
      const again = await encode(image, RLELossless, { spoil: cut });
      expect((await kit.compare(truncated, again)).comparison).toBe(
        syntax === RLELossless ? 'equal' : 'different',
      );
    },
  );

  it('are no proof either where native pixel data goes on after its last frame', async () => {
    const longer = {
      ...image,
      frames: [Buffer.concat([...image.frames, Buffer.from('more than an image')])],
    };
    const compressed = await encode(image, RLELossless);
    expect(await kit.compare(await encode(longer, ExplicitVRLittleEndian), compressed)).toEqual({
      comparison: 'different',
      doubt: 'bytes-after-the-last-frame',
    });
    const deflated = await encode(longer, TransferSyntaxes.DeflatedExplicitVRLittleEndian);
    expect(await kit.compare(deflated, compressed)).toMatchObject({ doubt: 'bytes-after-the-last-frame' });
    const padded = { ...image, frames: [Buffer.concat([...image.frames, Buffer.alloc(40)])] };
    expect(await kit.compare(await encode(padded, ExplicitVRLittleEndian), compressed)).toEqual({
      comparison: 'equal-in-another-encoding',
    });
  });
});

describe.skipIf(skipWithoutCorpus)('real frames', () => {
  it.each([
    'syntaxes/one-small-mr/MR_small_implicit.dcm',
    'sc/SC_rgb.dcm',
    'seg/liver.dcm',
    'enhanced/emri_small.dcm',
    'sc/TestPattern_Palette.dcm',
  ])('of %s are the same in any two encodings', async (path) => {
    const files = await encodings(corpusImage(path));
    expect(files.length).toBeGreaterThanOrEqual(5);
    expect(await verdicts(files)).toEqual(new Set(['equal-in-another-encoding']));
  });
});
