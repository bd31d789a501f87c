/** Every compressed file of the corpus: its reference pixels, and what becomes of damaged copies. */
import { createHash } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { corpusNote, skipWithoutCorpus } from '../../../../test/support/corpus.ts';
import { CodecError } from '../codec-errors.ts';
import { type DecodedFrame, frameBytesOf } from '../decoded-frame.ts';
import { CodecPool } from '../pool/codec-pool.ts';
import { type CorpusFrame, corpusFrames } from '../testing/corpus-frames.ts';

/** JFIF files that are labelled RGB: the manifest's reference believes the label, and is pink where teeth are white. */
const labelledWrongly = new Set(['awkward/GH195.dcm', 'mg/example-mg.dcm']);

/** Files that hold no such code stream at all, or one with foreign bytes in its header. */
const undecodable = new Map([
  ['awkward/JPEG2000-embedded-sequence-delimiter.dcm', 'malformed-codestream'],
  ['bad/missing-uids/generated_encapsulated_defined_bot_2_to_2.dcm', 'malformed-codestream'],
  ['derived/mpeg4-h264-us-cine.dcm', 'video'],
]);

describe.skipIf(skipWithoutCorpus)(
  `compressed frames of the corpus${corpusNote}`,
  { timeout: 120_000 },
  () => {
    const frames = corpusFrames();
    const decodable = frames.filter(({ path }) => !undecodable.has(path));
    const pool = new CodecPool({ timeoutMs: 30_000, mostWaiting: 100_000 });
    afterAll(() => pool.close());

    const decode = ({ description, transferSyntax }: CorpusFrame, encoded: Uint8Array) =>
      pool.decodeFrame(encoded, description, transferSyntax);

    it('are the reference pixels, exactly where nothing was lost', async () => {
      let [exact, near] = [0, 0];
      for (const frame of decodable) {
        const decoded = await decode(frame, frame.encoded);
        const { frame0_sha256, frame0_stats, frame0_photometric } = frame.reference;
        expect([frame.path, decoded.samples.length]).toEqual([frame.path, shapeBytes(decoded, frame)]);
        if (frame0_photometric !== undefined) {
          expect([frame.path, decoded.photometricInterpretation]).toEqual([frame.path, frame0_photometric]);
        }
        if (frame0_sha256 !== undefined) {
          exact++;
          expect([frame.path, sha256(decoded.samples)]).toEqual([frame.path, frame0_sha256]);
        } else if (frame0_stats !== undefined && !labelledWrongly.has(frame.path)) {
          near++;
          const stats = statsOf(decoded);
          const greatest = Math.max(
            Math.abs(stats.min - frame0_stats.min),
            Math.abs(stats.max - frame0_stats.max),
            Math.abs(stats.mean - frame0_stats.mean),
          );
          expect([frame.path, greatest < 2]).toEqual([frame.path, true]);
        }
      }
      expect([exact, near]).toEqual([61, 45]);
    });

    it('come in the colour of the code stream, not of a wrong label', async () => {
      const white = frames.find(({ path }) => path === 'mg/example-mg.dcm');
      if (white === undefined) throw new Error('file missing from the corpus');
      const decoded = await decode(white, white.encoded);
      expect([...decoded.samples.subarray(0, 6)]).toEqual([255, 255, 255, 255, 255, 255]);
    });

    it('are refused with a reason where there is nothing to decode', async () => {
      for (const [path, code] of undecodable) {
        const frame = frames.find((candidate) => candidate.path === path);
        if (frame === undefined) throw new Error(`${path} is missing from the corpus`);
        await expect(decode(frame, frame.encoded), path).rejects.toMatchObject({ name: 'CodecError', code });
      }
    });

    it('are refused when the data set says something else about them', async () => {
      for (const frame of decodable) {
        if (
          frame.encoded.length > 200_000 ||
          ['none', 'deflated-frame'].includes(frame.transferSyntax.compression)
        )
          continue;
        const { description } = frame;
        const refusal = async (wrong: object) => {
          const outcome = await outcomeOf(
            pool.decodeFrame(frame.encoded, { ...description, ...wrong }, frame.transferSyntax),
          );
          return outcome instanceof CodecError ? outcome.code : 'decoded';
        };
        for (const wrong of [
          { rows: description.rows + 1 },
          { columns: Math.max(1, description.columns - 1) },
          { samplesPerPixel: description.samplesPerPixel === 1 ? 3 : 1 },
          { rows: 20_000, columns: 20_000, bitsAllocated: 8, samplesPerPixel: 1 },
        ]) {
          expect([frame.path, wrong, await refusal(wrong)]).toEqual([
            frame.path,
            wrong,
            expect.stringMatching(/^description-mismatch$|^(truncated|malformed)-codestream$/),
          ]);
        }
      }
    });

    it('are whole or refused wherever they are cut', async () => {
      let refused = 0;
      const cuts = smallOf(decodable).flatMap((frame) => cutsOf(frame).map((length) => ({ frame, length })));
      await eachAtOnce(cuts, async ({ frame, length }) => {
        const outcome = await outcomeOf(decode(frame, frame.encoded.subarray(0, length)));
        if (outcome instanceof CodecError) {
          refused++;
          expect([frame.path, length, outcome.code]).toEqual([
            frame.path,
            length,
            expect.stringMatching(/^(truncated|malformed)-codestream$/),
          ]);
          return;
        }
        const whole = await decode(frame, frame.encoded);
        expect([frame.path, length, Buffer.compare(outcome.samples, whole.samples)]).toEqual([
          frame.path,
          length,
          0,
        ]);
      });
      expect(refused).toBeGreaterThan(cuts.length * 0.8);
    });

    it('are frames of the same size or refused whatever byte is flipped', async () => {
      const random = seededRandom(20_261_122);
      const flips = smallOf(decodable).flatMap((frame) =>
        Array.from({ length: 6 }, (_, index) => {
          const length = index < 3 ? Math.min(200, frame.encoded.length) : frame.encoded.length;
          return { frame, offset: Math.floor(random() * length), bits: 1 + Math.floor(random() * 255) };
        }),
      );
      const codes = new Map<string, number>();
      await eachAtOnce(flips, async ({ frame, offset, bits }) => {
        const damaged = Uint8Array.from(frame.encoded);
        damaged[offset] = (damaged[offset] ?? 0) ^ bits;
        const outcome = await outcomeOf(decode(frame, damaged));
        const code = outcome instanceof CodecError ? outcome.code : 'decoded';
        codes.set(code, (codes.get(code) ?? 0) + 1);
        if (outcome instanceof CodecError) return;
        expect([frame.path, offset, bits, outcome.samples.length]).toEqual([
          frame.path,
          offset,
          bits,
          shapeBytes(outcome, frame),
        ]);
      });
      expect(Object.fromEntries(codes)).not.toHaveProperty('worker-crashed');
      expect(Object.fromEntries(codes)).not.toHaveProperty('timeout');
    });
  },
);

/** Two bytes a pixel where native chroma stays subsampled. */
function shapeBytes(decoded: DecodedFrame, { transferSyntax }: CorpusFrame): number {
  const isSubsampled =
    transferSyntax.compression === 'deflated-frame' && decoded.photometricInterpretation.endsWith('422');
  return isSubsampled ? (frameBytesOf(decoded) * 2) / 3 : frameBytesOf(decoded);
}

/** One of each process and origin is enough; the rest differs in content only. */
function smallOf(frames: readonly CorpusFrame[]): readonly CorpusFrame[] {
  return frames.filter(
    ({ encoded, path }) => encoded.length < 60_000 && !/Lena-(latin5|tis)|SC_rgb_dcmtk/.test(path),
  );
}

function cutsOf({ encoded }: CorpusFrame): readonly number[] {
  const { length } = encoded;
  return [
    0,
    1,
    3,
    20,
    65,
    ...[0.1, 0.3, 0.5, 0.7, 0.9, 0.99].map((share) => Math.floor(length * share)),
    length - 5,
    length - 3,
  ];
}

async function outcomeOf(decoding: Promise<DecodedFrame>): Promise<DecodedFrame | CodecError> {
  try {
    return await decoding;
  } catch (error) {
    if (error instanceof CodecError) return error;
    throw error;
  }
}

/** A few at once keep the threads busy without holding every copy in memory. */
async function eachAtOnce<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (const item of rest) await work(item);
    }),
  );
}

function statsOf({ samples, bitsAllocated, pixelRepresentation }: DecodedFrame) {
  const isSigned = pixelRepresentation === 1;
  const { buffer } = Uint8Array.from(samples);
  const eight = isSigned ? new Int8Array(buffer) : new Uint8Array(buffer);
  const values = bitsAllocated === 8 ? eight : isSigned ? new Int16Array(buffer) : new Uint16Array(buffer);
  let [min, max, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  return { min, max, mean: sum / values.length };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Numbers in [0, 1) that are the same in each run (a 32-bit linear congruential generator). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
