import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixtures } from '../test-support/fixtures.ts';
import { inChunks, outcomeOf } from '../test-support/outcome.ts';

const files = Object.entries(fixtures());
const anyFile = fc.constantFrom(...files.map(([, bytes]) => bytes));
const anyChunking = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 8 });

/** Bytes overwritten, cut out or doubled. */
const anyMutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  removed: fc.integer({ min: 0, max: 40 }),
  inserted: fc.uint8Array({ maxLength: 40 }),
});

function mutate(
  bytes: Buffer,
  mutations: readonly { at: number; removed: number; inserted: Uint8Array }[],
): Buffer {
  let mutated = bytes;
  for (const { at, removed, inserted } of mutations) {
    const position = Math.floor(at * mutated.length);
    mutated = Buffer.concat([mutated.subarray(0, position), inserted, mutated.subarray(position + removed)]);
  }
  return mutated;
}

describe('any chunking', () => {
  it.each(files)('%s: byte by byte is the same as at once', (_name, bytes) => {
    const whole = outcomeOf([bytes]);
    expect(whole).toHaveProperty('file');
    expect(outcomeOf(inChunks(bytes, [1]))).toEqual(whole);
  });

  it('gives the same file or the same error', () => {
    fc.assert(
      fc.property(
        anyFile,
        anyChunking,
        fc.array(anyMutation, { maxLength: 3 }),
        (bytes, lengths, mutations) => {
          const mutated = mutate(bytes, mutations);
          expect(outcomeOf(inChunks(mutated, lengths))).toEqual(outcomeOf([mutated]));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('gives listeners the same', () => {
    fc.assert(
      fc.property(anyFile, anyChunking, (bytes, lengths) => {
        const listen = (chunks: Iterable<Uint8Array>) => {
          const heard: unknown[] = [];
          const data = new Map<string, number[]>();
          outcomeOf(chunks, {
            onPixelDataStart: ({ tag, offset, length, dataSet }) =>
              heard.push({ tag, offset, length, elements: dataSet.elements.size }),
            onFragment: (fragment) => heard.push(fragment),
            onBulkData: ({ path }, piece) => data.set(path, [...(data.get(path) ?? []), ...piece]),
          });
          return { heard, data };
        };
        expect(listen(inChunks(bytes, lengths))).toEqual(listen([bytes]));
      }),
      { numRuns: 200 },
    );
  });
});

describe('damage', () => {
  it('never throws anything but DicomError', () => {
    fc.assert(
      fc.property(anyFile, fc.array(anyMutation, { minLength: 1, maxLength: 6 }), (bytes, mutations) => {
        expect(outcomeOf([mutate(bytes, mutations)])).toBeDefined();
      }),
      { numRuns: 3000 },
    );
  });

  it('single bits flipped all over: a file or a DicomError', () => {
    for (const [, bytes] of files) {
      for (let position = 0; position < bytes.length; position += 3) {
        const flipped = Buffer.from(bytes);
        flipped[position] = (flipped[position] ?? 0) ^ (1 << (position % 8));
        expect(outcomeOf([flipped])).toBeDefined();
      }
    }
  });

  it.each(files)('%s cut at any byte: truncated, or whole up to an element', (_name, bytes) => {
    const faults = Array.from({ length: bytes.length }, (_, length) => {
      const outcome = outcomeOf([bytes.subarray(0, length)]);
      return 'fault' in outcome ? outcome.fault.split(':')[0] : 'whole';
    });
    expect(['truncated', 'not-dicom', 'missing-transfer-syntax', 'whole']).toEqual(
      expect.arrayContaining([...new Set(faults)]),
    );
  });
});
