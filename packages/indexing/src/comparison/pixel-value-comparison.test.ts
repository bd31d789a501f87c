/** Bounds of comparing pixel values: turns, time, memory, and what is said when they are reached. */
import { setImmediate as turn } from 'node:timers/promises';
import { TransferSyntaxes } from '@sandyq/dicom';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeImage, type PlainImage } from '../../../../test/support/encoded-images.ts';
import { SeededRandom, testSeed } from '../../../../test/support/seeded-random.ts';
import { ComparisonError } from '../errors.ts';
import { compareInstances } from './compare-instances.ts';
import { ComparisonTurns } from './comparison-turns.ts';
import type { PixelValueComparisonOptions } from './pixel-value-comparison.ts';
import { ComparingKit } from './testing/comparing-kit.ts';
import { withOtherPixel } from './testing/sample-images.ts';

const seed = testSeed();
const ids = { studyInstanceUid: '2.25.1', seriesInstanceUid: '2.25.2', sopInstanceUid: '2.25.3' };
const { ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, RLELossless, JPEG2000Lossless } =
  TransferSyntaxes;
const kits: ComparingKit[] = [];

function kitWith(options: Partial<PixelValueComparisonOptions>): ComparingKit {
  const kit = new ComparingKit(options);
  kits.push(kit);
  return kit;
}

afterEach(async () => {
  for (const kit of kits.splice(0)) await kit.close();
});

/** 8-bit grey frames of noise. */
function noise(rows: number, frames: number): PlainImage {
  const random = new SeededRandom(seed);
  const shape = {
    rows,
    columns: 1024,
    samplesPerPixel: 1,
    bitsAllocated: 8,
    bitsStored: 8,
    highBit: 7,
    pixelRepresentation: 0,
    planarConfiguration: 0,
    photometricInterpretation: 'MONOCHROME2',
  };
  const row = Buffer.from(Array.from({ length: 1024 }, () => random.integer(0, 256)));
  const frame = (number: number) =>
    Buffer.concat(Array.from({ length: rows }, (_, index) => row.map((byte) => byte ^ (index + number))));
  return { shape, frames: Array.from({ length: frames }, (_, number) => frame(number)) };
}

describe(`long images, seed ${seed}`, () => {
  const image = noise(1024, 10);

  it('are read piece by piece, and compared to the last frame', async () => {
    const kit = kitWith({});
    const native = await encodeImage(ids, image, ExplicitVRLittleEndian);
    const deflated = await encodeImage(ids, image, DeflatedExplicitVRLittleEndian);
    const compressed = await encodeImage(ids, image, RLELossless);
    expect(await kit.compare(native, compressed)).toEqual({ comparison: 'equal-in-another-encoding' });
    expect(await kit.compare(deflated, compressed)).toEqual({ comparison: 'equal-in-another-encoding' });
    const changed = await encodeImage(ids, withOtherPixel(image), RLELossless);
    expect(await kit.compare(native, changed)).toEqual({ comparison: 'different' });
    expect(await kit.compare(deflated, changed)).toEqual({ comparison: 'different' });
  }, 30_000);

  it('of very many frames leave other work its turn', async () => {
    const kit = kitWith({});
    const frames = 50_000;
    const shape = {
      ...image.shape,
      rows: 1,
      columns: 1,
      samplesPerPixel: 3,
      photometricInterpretation: 'RGB',
    };
    const pixels = { shape, frames: [Buffer.alloc(3 * frames, 'pixel')] };
    const more = [[0x00280008, 'IS', String(frames)]] as const;
    const byPixel = await encodeImage(ids, pixels, ExplicitVRLittleEndian, { more });
    const byPlane = { ...pixels, shape: { ...shape, planarConfiguration: 1 } };
    const deflated = await encodeImage(ids, byPlane, DeflatedExplicitVRLittleEndian, { more });
    const compared = kit.compare(byPixel, deflated);
    let turns = 0;
    const count = setInterval(() => (turns += 1), 1);
    try {
      expect(await compared).toEqual({ comparison: 'equal-in-another-encoding' });
    } finally {
      clearInterval(count);
    }
    expect(turns).toBeGreaterThan(10);
  }, 60_000);
});

describe('without time', () => {
  const image = noise(512, 4);
  const files = async () => [
    await encodeImage(ids, image, ExplicitVRLittleEndian),
    await encodeImage(ids, image, JPEG2000Lossless),
  ];

  it.each([{ mostMs: 5 }, { mostFrameMs: 1 }])(
    'gives no verdict where somebody else will: %o',
    async (limits) => {
      const kit = kitWith({ ...limits, isLast: false });
      const [native = Buffer.of(), compressed = Buffer.of()] = await files();
      const compared = kit.compare(native, compressed);
      await expect(compared).rejects.toThrow(ComparisonError);
      await expect(compared).rejects.toMatchObject({ code: 'timeout' });
    },
  );

  it.each([{ mostMs: 5 }, { mostFrameMs: 1 }])(
    'says that it does not know where nobody will: %o',
    async (limits) => {
      const kit = kitWith({ ...limits, isLast: true });
      const [native = Buffer.of(), compressed = Buffer.of()] = await files();
      expect(await kit.compare(native, compressed)).toEqual({
        comparison: 'different',
        doubt: expect.any(String),
      });
    },
  );

  it('fails comparisons that are under way or wait when it is closed', async () => {
    const kit = kitWith({ threads: 1 });
    const [native = Buffer.of(), compressed = Buffer.of()] = await files();
    const [known, fresh] = [await kit.keep(native), await kit.keep(compressed)];
    const compared = Promise.allSettled([1, 2, 3].map(() => compareInstances(kit, known, fresh)));
    for (let turns = 0; turns < 20; turns += 1) await turn();
    await kit.close();
    for (const outcome of await compared) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { name: 'ComparisonError', code: 'closed' },
      });
    }
    await expect(compareInstances(kit, known, fresh)).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('ComparisonTurns', () => {
  it('lets a few work, some wait in order, and refuses the rest', async () => {
    const turns = new ComparisonTurns({ atOnce: 2, mostWaiting: 2 });
    const { signal } = new AbortController();
    const begun: number[] = [];
    const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
    const works = gates.map(({ promise }, index) =>
      turns.take(signal, async () => {
        begun.push(index);
        await promise;
      }),
    );
    await expect(turns.take(signal, async () => undefined)).rejects.toMatchObject({ code: 'busy' });
    expect(begun).toEqual([0, 1]);
    gates[1]?.resolve();
    await works[1];
    await turn();
    expect(begun).toEqual([0, 1, 2]);
    for (const gate of gates) gate.resolve();
    await Promise.all(works);
    expect(begun).toEqual([0, 1, 2, 3]);
    await expect(turns.take(signal, async () => 'free again')).resolves.toBe('free again');
  });

  it('passes on the turn of work that failed, and lets go of who gave up waiting', async () => {
    const turns = new ComparisonTurns({ atOnce: 1, mostWaiting: 1 });
    const given = new AbortController();
    const gate = Promise.withResolvers<void>();
    const failing = turns.take(new AbortController().signal, () => gate.promise);
    const waiting = turns.take(given.signal, async () => 'never');
    given.abort(new Error('given up'));
    await expect(waiting).rejects.toThrow('given up');
    const next = turns.take(new AbortController().signal, async () => 'next');
    gate.reject(new Error('failed'));
    await expect(failing).rejects.toThrow('failed');
    await expect(next).resolves.toBe('next');
  });
});
