import { Readable } from 'node:stream';
import { MemoryObjectStore } from '@sandyq/storage/testing';
import { describe, expect, it } from 'vitest';
import { withRate } from './rated-store.ts';
import { TokenBucket } from './token-bucket.ts';

/** A bucket on a clock that only its own waiting moves. */
function bucketOf(bytesPerSecond: number) {
  let at = 0;
  const waits: number[] = [];
  const bucket = new TokenBucket({
    bytesPerSecond,
    now: () => at,
    sleep: async (ms) => {
      waits.push(ms);
      at += ms;
    },
  });
  return { bucket, waits, now: () => at, advance: (ms: number) => void (at += ms) };
}

describe('a token bucket', () => {
  it('gives a second at once, and then as much as flows in', async () => {
    const { bucket, waits, now } = bucketOf(1_000);
    await bucket.take(1_000);
    expect(waits).toEqual([]);
    await bucket.take(500);
    await bucket.take(500);
    expect(waits).toEqual([500, 500]);
    expect(now()).toBe(1_000);
  });

  it('lets more be taken than it holds, and makes whoever does wait for all of it', async () => {
    const { bucket, now } = bucketOf(100);
    await bucket.take(1_100);
    expect(now()).toBe(10_000);
  });

  it('does not save up more than a second', async () => {
    const { bucket, advance, now } = bucketOf(1_000);
    advance(3_600_000);
    await bucket.take(3_000);
    expect(now() - 3_600_000).toBe(2_000);
  });

  it('keeps several readers together to one rate', async () => {
    let at = 0;
    const wakeAt: number[] = [];
    const bucket = new TokenBucket({
      bytesPerSecond: 1_000,
      now: () => at,
      sleep: async (ms) => void wakeAt.push(at + ms),
    });
    await Promise.all([bucket.take(1_000), bucket.take(1_000), bucket.take(1_000)]);
    expect(wakeAt).toEqual([1_000, 2_000]);
    at = 2_000;
    await bucket.take(1_000);
    expect(wakeAt).toEqual([1_000, 2_000, 3_000]);
  });

  it('without a bound never waits; a bound of nothing is refused', async () => {
    const { bucket, waits } = bucketOf(Number.POSITIVE_INFINITY);
    await bucket.take(Number.MAX_SAFE_INTEGER);
    expect(waits).toEqual([]);
    expect(() => bucketOf(0)).toThrow(RangeError);
    expect(() => bucketOf(Number.NaN)).toThrow(RangeError);
  });
});

describe('a rated store', () => {
  it('hands on what is paid for, byte for byte, and closes what is not read to its end', async () => {
    const { bucket, now } = bucketOf(1_000);
    const memory = new MemoryObjectStore();
    const bytes = Buffer.from(Array.from({ length: 5_000 }, (_, index) => index % 251));
    await memory.putBytes('a/b', bytes);
    const store = withRate(memory, bucket);
    const chunks: Buffer[] = [];
    for await (const chunk of (await store.read('a/b', {
      offset: 10,
      length: 3_000,
    })) as AsyncIterable<Buffer>)
      chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(bytes.subarray(10, 3_010))).toBe(true);
    expect(now()).toBe(2_000);

    let isClosed = false;
    const slow = new Readable({
      read() {
        this.push(Buffer.alloc(10));
      },
      destroy(error, done) {
        isClosed = true;
        done(error);
      },
    });
    memory.read = async () => slow;
    const stream = await store.read('a/b');
    for await (const _ of stream) break;
    await expect.poll(() => isClosed).toBe(true);
  });
});
