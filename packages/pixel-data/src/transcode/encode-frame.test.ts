/** Every encoder: what it writes is decoded to the same samples, by our decoder and by foreign ones. */
import { type TransferSyntax, TransferSyntaxes } from '@sandyq/dicom';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodecError } from '../codec-errors.ts';
import type { DecodedFrame, FrameShape } from '../decoded-frame.ts';
import type { PixelDescription } from '../describe-pixels.ts';
import { createCodecSet } from './codec-set.ts';
import { decodeFrame } from './decode-frame.ts';
import { encodableSyntaxes, encodeFrame } from './encode-frame.ts';

const codecs = createCodecSet();
const {
  ExplicitVRLittleEndian,
  RLELossless,
  JPEGLSLossless,
  JPEG2000Lossless,
  HTJ2KLossless,
  HTJ2KLosslessRPCL,
} = TransferSyntaxes;
const everywhere = encodableSyntaxes;
const wavelets = [JPEG2000Lossless, HTJ2KLossless, HTJ2KLosslessRPCL];

/** Kinds of samples, and the syntaxes that cannot carry them. */
const kinds: readonly (readonly [
  name: string,
  shape: Partial<FrameShape>,
  refused: readonly TransferSyntax[],
])[] = [
  ['one bit', { bitsAllocated: 1, bitsStored: 1 }, [JPEGLSLossless]],
  ['bytes', { bitsAllocated: 8, bitsStored: 8 }, []],
  ['signed bytes', { bitsAllocated: 8, bitsStored: 8, pixelRepresentation: 1 }, wavelets],
  ['8 bits in words', { bitsAllocated: 16, bitsStored: 8 }, []],
  ['8 signed bits in words', { bitsAllocated: 16, bitsStored: 8, pixelRepresentation: 1 }, []],
  ['12 bits', { bitsAllocated: 16, bitsStored: 12 }, []],
  ['12 signed bits', { bitsAllocated: 16, bitsStored: 12, pixelRepresentation: 1 }, []],
  ['16 bits', { bitsAllocated: 16, bitsStored: 16 }, []],
  ['16 signed bits', { bitsAllocated: 16, bitsStored: 16, pixelRepresentation: 1 }, []],
  ['32 bits', { bitsAllocated: 32, bitsStored: 32 }, [JPEGLSLossless, ...wavelets]],
  ['RGB', { bitsAllocated: 8, bitsStored: 8, samplesPerPixel: 3, photometricInterpretation: 'RGB' }, []],
  [
    'RGB in planes',
    {
      bitsAllocated: 8,
      bitsStored: 8,
      samplesPerPixel: 3,
      photometricInterpretation: 'RGB',
      planarConfiguration: 1,
    },
    [],
  ],
  [
    'YBR_FULL',
    { bitsAllocated: 8, bitsStored: 8, samplesPerPixel: 3, photometricInterpretation: 'YBR_FULL' },
    [HTJ2KLossless, HTJ2KLosslessRPCL],
  ],
  [
    '16-bit RGB',
    { bitsAllocated: 16, bitsStored: 16, samplesPerPixel: 3, photometricInterpretation: 'RGB' },
    wavelets,
  ],
  ['floats', { bitsAllocated: 32, bitsStored: 32, pixelRepresentation: undefined }, everywhere.slice(1)],
];

const sizes = fc.record({ rows: fc.integer({ min: 2, max: 40 }), columns: fc.integer({ min: 2, max: 140 }) });
/** Flat, smooth, noisy; shorter periods JPEG-LS of 16-bit colour makes larger than CharLS has room for. */
const textures = fc.record({
  amplitude: fc.constantFrom(0, 0.3, 1),
  period: fc.integer({ min: 5, max: 60 }),
  seed: fc.nat(),
});

describe.each(kinds)('a frame of %s', (_name, kind, refused) => {
  it.each(everywhere.map((syntax) => [syntax.name, syntax] as const))(
    'as %s',
    async (_syntaxName, syntax) => {
      await fc.assert(
        fc.asyncProperty(sizes, textures, async (size, texture) => {
          const frame = frameOf({ ...size, ...kind }, texture);
          const encoding = encodeFrame(frame, syntax, codecs);
          if (refused.includes(syntax)) {
            await expect(encoding).rejects.toMatchObject({ name: 'CodecError', code: 'unsupported' });
            return;
          }
          const { bytes, photometricInterpretation, planarConfiguration } = await encoding;
          expect(bytes.length % 2).toBe(0);
          const description = descriptionOf({ ...frame, photometricInterpretation, planarConfiguration });
          const decoded = await decodeFrame(bytes, description, syntax, codecs);
          expect(decoded.photometricInterpretation).toBe(frame.photometricInterpretation);
          expect(Buffer.compare(decoded.samples, bySample(frame, planarConfiguration))).toBe(0);
        }),
        {
          numRuns: 6,
          examples: [
            [
              { rows: 33, columns: 130 },
              { amplitude: 1, period: 7, seed: 1 },
            ],
          ],
        },
      );
    },
  );
});

describe('encodeFrame', () => {
  it.each([
    [1, 1],
    [1, 50],
    [50, 1],
  ])('takes frames of %d × %d', async (rows, columns) => {
    const frame = frameOf(
      { bitsAllocated: 16, bitsStored: 12, rows, columns },
      { amplitude: 1, period: 9, seed: 3 },
    );
    for (const syntax of everywhere) {
      const { bytes } = await encodeFrame(frame, syntax, codecs);
      const decoded = await decodeFrame(bytes, descriptionOf(frame), syntax, codecs);
      expect([syntax.name, Buffer.compare(decoded.samples, frame.samples)]).toEqual([syntax.name, 0]);
    }
  });

  it('keeps bits above the High Bit', async () => {
    const frame = frameOf(
      { bitsAllocated: 16, bitsStored: 12, rows: 20, columns: 20 },
      { amplitude: 1, period: 9, seed: 3 },
    );
    frame.samples[33] = 0xf5;
    for (const syntax of everywhere) {
      const { bytes } = await encodeFrame(frame, syntax, codecs);
      const decoded = await decodeFrame(bytes, descriptionOf(frame), syntax, codecs);
      expect([syntax.name, Buffer.compare(decoded.samples, frame.samples)]).toEqual([syntax.name, 0]);
    }
  });

  it('names what the data set must say of the encoded colour', async () => {
    const frame = frameOf({ ...kinds[11]?.[1], rows: 9, columns: 9 }, { amplitude: 1, period: 9, seed: 3 });
    const says = async (syntax: TransferSyntax) => {
      const { photometricInterpretation, planarConfiguration } = await encodeFrame(frame, syntax, codecs);
      return [photometricInterpretation, planarConfiguration];
    };
    expect(await says(ExplicitVRLittleEndian)).toEqual(['RGB', 1]);
    expect(await says(RLELossless)).toEqual(['RGB', 0]);
    expect(await says(JPEGLSLossless)).toEqual(['RGB', 0]);
    for (const syntax of wavelets) expect(await says(syntax)).toEqual(['YBR_RCT', 0]);
  });

  it.each([
    ['a lossy target', TransferSyntaxes.JPEG2000, {}, 'unsupported'],
    ['lossy JPEG', TransferSyntaxes.JPEGBaseline8Bit, {}, 'unsupported'],
    ['samples that are too few', JPEGLSLossless, { rows: 21 }, 'description-mismatch'],
    ['samples that are too many', RLELossless, { rows: 19 }, 'description-mismatch'],
    [
      'subsampled chroma',
      RLELossless,
      { samplesPerPixel: 3, photometricInterpretation: 'YBR_FULL_422' },
      'unsupported',
    ],
    ['four samples a pixel', JPEGLSLossless, { rows: 5, samplesPerPixel: 4 }, 'unsupported'],
  ])('refuses %s', async (_name, syntax, overrides, code) => {
    const frame = frameOf(
      { bitsAllocated: 8, bitsStored: 8, rows: 20, columns: 20 },
      { amplitude: 1, period: 9, seed: 3 },
    );
    const error = await encodeFrame({ ...frame, ...overrides }, syntax, codecs).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(CodecError);
    expect(error).toMatchObject({ code });
  });

  it('refuses samples that grow beyond the room of CharLS', async () => {
    const colour = {
      bitsAllocated: 16,
      bitsStored: 16,
      samplesPerPixel: 3,
      photometricInterpretation: 'RGB',
    };
    const frame = frameOf({ ...colour, rows: 20, columns: 137 }, { amplitude: 1, period: 2, seed: 0 });
    await expect(encodeFrame(frame, JPEGLSLossless, codecs)).rejects.toMatchObject({
      code: 'unsupported',
      message: 'the codec can not compress these samples',
    });
  });

  it('refuses a frame beyond the limit', async () => {
    const frame = frameOf(
      { bitsAllocated: 8, bitsStored: 8, rows: 20, columns: 20 },
      { amplitude: 1, period: 9, seed: 3 },
    );
    const small = createCodecSet({ mostFrameBytes: 399, mostCodecBytes: 2 ** 28 });
    await expect(encodeFrame(frame, RLELossless, small)).rejects.toMatchObject({ code: 'too-large' });
    await expect(
      decodeFrame(frame.samples, descriptionOf(frame), { compression: 'none' }, small),
    ).rejects.toMatchObject({
      code: 'too-large',
    });
  });
});

interface Texture {
  readonly amplitude: number;
  readonly period: number;
  readonly seed: number;
}

function frameOf(
  kind: Partial<FrameShape> & { rows: number; columns: number },
  texture: Texture,
): DecodedFrame {
  const bitsStored = kind.bitsStored ?? 8;
  const shape = {
    samplesPerPixel: 1,
    bitsAllocated: 8,
    bitsStored,
    highBit: bitsStored - 1,
    pixelRepresentation: 0,
    planarConfiguration: 0,
    photometricInterpretation: 'MONOCHROME2',
    ...kind,
  };
  const count = shape.rows * shape.columns * shape.samplesPerPixel;
  const samples = new Uint8Array(Math.ceil((count * shape.bitsAllocated) / 8));
  const isSigned = shape.pixelRepresentation === 1;
  for (let index = 0; index < count; index++) {
    const value =
      Math.floor(waveAt(index, texture) * (2 ** bitsStored - 1)) - (isSigned ? 2 ** (bitsStored - 1) : 0);
    if (shape.bitsAllocated === 1) samples[index >> 3] = (samples[index >> 3] ?? 0) | (value << (index & 7));
    else
      Buffer.from(samples.buffer).writeIntLE(
        toSigned(value, shape.bitsAllocated),
        (index * shape.bitsAllocated) / 8,
        shape.bitsAllocated / 8,
      );
  }
  return { ...shape, samples };
}

/** In [0, 1]: a wave with noise on it. */
function waveAt(index: number, { amplitude, period, seed }: Texture): number {
  const noise = (Math.imul(index + 1, 2_654_435_761) ^ seed) >>> 24;
  const wave = 0.5 + 0.5 * Math.sin(index / period);
  return Math.min(1, amplitude * (0.9 * wave + (0.1 * noise) / 255) + (1 - amplitude) * 0.5);
}

function toSigned(value: number, bits: number): number {
  return value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
}

function descriptionOf(shape: FrameShape): PixelDescription {
  return { ...shape, numberOfFrames: 1, numberOfFramesSource: 'absent' };
}

/** What a decoder is to give back: the samples, sample by sample where the encoding changed the layout. */
function bySample(frame: DecodedFrame, planarConfiguration: number): Uint8Array {
  if (frame.planarConfiguration === planarConfiguration) return frame.samples;
  const pixels = frame.rows * frame.columns;
  return Uint8Array.from(
    frame.samples,
    (_, index) => frame.samples[(index % 3) * pixels + Math.floor(index / 3)] ?? 0,
  );
}
