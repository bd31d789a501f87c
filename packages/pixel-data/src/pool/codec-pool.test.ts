import { TransferSyntaxes } from '@sandyq/dicom';
import { afterAll, describe, expect, it } from 'vitest';
import type { DecodedFrame } from '../decoded-frame.ts';
import type { PixelDescription } from '../describe-pixels.ts';
import { CodecPool } from './codec-pool.ts';

const MIB = 1024 * 1024;

function greyFrame(rows: number, columns: number): DecodedFrame & PixelDescription {
  const samples = new Uint8Array(
    new Uint16Array(rows * columns).map((_, index) => (index * 7919) % 4096).buffer,
  );
  return {
    rows,
    columns,
    samplesPerPixel: 1,
    bitsAllocated: 16,
    bitsStored: 12,
    highBit: 11,
    pixelRepresentation: 0,
    planarConfiguration: 0,
    photometricInterpretation: 'MONOCHROME2',
    numberOfFrames: 1,
    numberOfFramesSource: 'absent',
    samples,
  };
}

describe('CodecPool', () => {
  const pool = new CodecPool({ mostWorkers: 2, mostFrameBytes: 64 * MIB });
  afterAll(() => pool.close());

  it('encodes and decodes in threads', async () => {
    const frame = greyFrame(100, 200);
    const encoded = await pool.encodeFrame(frame, TransferSyntaxes.HTJ2KLossless);
    expect(encoded.bytes.length).toBeGreaterThan(100);
    const decoded = await pool.decodeFrame(encoded.bytes, frame, TransferSyntaxes.HTJ2KLossless);
    expect(Buffer.compare(decoded.samples, frame.samples)).toBe(0);
    expect(decoded).toMatchObject({
      rows: 100,
      columns: 200,
      bitsStored: 12,
      photometricInterpretation: 'MONOCHROME2',
    });
  });

  it('copies a frame that is not its own and takes one that is', async () => {
    const frame = greyFrame(8, 8);
    const lent = Buffer.concat([frame.samples, frame.samples]).subarray(0, frame.samples.length);
    await pool.encodeFrame({ ...frame, samples: lent }, TransferSyntaxes.RLELossless, { isOwned: true });
    expect(lent.length).toBe(128);
    await pool.encodeFrame(frame, TransferSyntaxes.RLELossless);
    expect(frame.samples.length).toBe(128);
    await pool.encodeFrame(frame, TransferSyntaxes.RLELossless, { isOwned: true });
    expect(frame.samples.length).toBe(0);
  });

  it('carries refusals over with their code', async () => {
    const frame = greyFrame(8, 8);
    const refused = pool.decodeFrame(new Uint8Array(20), frame, TransferSyntaxes.RLELossless);
    await expect(refused).rejects.toMatchObject({ name: 'CodecError', code: 'truncated-codestream' });
    await expect(pool.encodeFrame(frame, { uid: '1.2.3' })).rejects.toMatchObject({ code: 'unsupported' });
    await expect(pool.encodeFrame(frame, TransferSyntaxes.JPEG2000)).rejects.toMatchObject({
      code: 'unsupported',
    });
  });

  it('refuses a frame of four gigabytes before it makes a thread or a copy', async () => {
    const own = new CodecPool();
    const huge = { ...greyFrame(1, 1), rows: 65_535, columns: 65_535 };
    await expect(
      own.decodeFrame(new Uint8Array(9), huge, TransferSyntaxes.RLELossless),
    ).rejects.toMatchObject({
      code: 'too-large',
    });
    expect(own.load.workers).toBe(0);
  });

  it('says when a codec wants more memory than it may have, and goes on', async () => {
    const small = new CodecPool({ mostWorkers: 1, mostCodecBytes: 52 * MIB });
    try {
      const large = {
        ...greyFrame(1, 1),
        rows: 3200,
        columns: 3200,
        samples: new Uint8Array(3200 * 3200 * 2),
      };
      const encoded = await pool.encodeFrame(large, TransferSyntaxes.JPEG2000Lossless);
      await expect(
        small.decodeFrame(encoded.bytes, large, TransferSyntaxes.JPEG2000Lossless),
      ).rejects.toMatchObject({ code: 'out-of-memory' });
      const frame = greyFrame(64, 64);
      const again = await pool.encodeFrame(frame, TransferSyntaxes.JPEG2000Lossless);
      const decoded = await small.decodeFrame(again.bytes, frame, TransferSyntaxes.JPEG2000Lossless);
      expect(Buffer.compare(decoded.samples, frame.samples)).toBe(0);
    } finally {
      await small.close();
    }
  });
});
