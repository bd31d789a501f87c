import { describe, expect, it } from 'vitest';
import { canonicalSamples } from './canonical-samples.ts';
import type { DecodedFrame } from './decoded-frame.ts';

const grey: Omit<DecodedFrame, 'samples'> = {
  rows: 1,
  columns: 3,
  samplesPerPixel: 1,
  bitsAllocated: 16,
  bitsStored: 12,
  highBit: 11,
  pixelRepresentation: 1,
  planarConfiguration: 0,
  photometricInterpretation: 'MONOCHROME2',
};

describe('canonicalSamples', () => {
  it('repeats signs above High Bit, where nothing else is', () => {
    const samples = Buffer.from('ff0f01000088', 'hex');
    expect(Buffer.from(canonicalSamples({ ...grey, samples })).toString('hex')).toBe('ffff01000088');
    expect(samples.toString('hex')).toBe('ff0f01000088');
    const long = { ...grey, columns: 1, bitsAllocated: 32, bitsStored: 20, highBit: 19 };
    const last = canonicalSamples({ ...long, samples: Buffer.from('00000800', 'hex') });
    expect(Buffer.from(last).toString('hex')).toBe('0000f8ff');
    const bytes = { ...grey, bitsAllocated: 8, bitsStored: 6, highBit: 5 };
    expect(canonicalSamples({ ...bytes, samples: Uint8Array.of(0x3f, 0x1f, 0xe0) })).toEqual(
      Uint8Array.of(0xff, 0x1f, 0xe0),
    );
  });

  it('leaves unsigned samples, full containers and shifted ones as they are', () => {
    const samples = Buffer.from('ff0f01000088', 'hex');
    for (const other of [{ pixelRepresentation: 0 }, { bitsStored: 16, highBit: 15 }, { highBit: 15 }]) {
      expect(canonicalSamples({ ...grey, ...other, samples })).toBe(samples);
    }
  });

  it('brings planes together sample by sample, unless chroma is subsampled', () => {
    const shape = {
      ...grey,
      columns: 2,
      samplesPerPixel: 3,
      bitsAllocated: 8,
      bitsStored: 8,
      highBit: 7,
      planarConfiguration: 1,
    };
    const samples = Uint8Array.of(1, 2, 3, 4, 5, 6);
    expect(canonicalSamples({ ...shape, samples })).toEqual(Uint8Array.of(1, 3, 5, 2, 4, 6));
    const subsampled = Uint8Array.of(1, 2, 3, 4);
    expect(canonicalSamples({ ...shape, samples: subsampled })).toBe(subsampled);
  });

  it('clears what follows the last single bit', () => {
    const shape = { ...grey, bitsAllocated: 1, bitsStored: 1, highBit: 0, pixelRepresentation: 0 };
    expect(canonicalSamples({ ...shape, samples: Uint8Array.of(0xfd) })).toEqual(Uint8Array.of(0x05));
    const clean = Uint8Array.of(0x05);
    expect(canonicalSamples({ ...shape, samples: clean })).toBe(clean);
  });
});
