import { describe, expect, it } from 'vitest';
import { pace } from './pace.ts';

/** On a clock that stands still but for the waits and what `work` takes. */
function kept(bytesPerSecond: number, othersShare?: number) {
  let now = 0;
  const waits: number[] = [];
  const wait = async (milliseconds: number) => {
    waits.push(milliseconds);
    now += milliseconds;
  };
  const work = (milliseconds: number): void => {
    now += milliseconds;
  };
  const others = othersShare === undefined ? {} : { givesWay: true, watchLoop: () => () => othersShare };
  return { keep: pace({ bytesPerSecond, monotonicMs: () => now, wait, ...others }), work, waits };
}

describe('pace', () => {
  it('makes work take as long as its bytes are worth, and saves up no more than a second', async () => {
    const { keep, work, waits } = kept(1_000);
    await keep(500);
    await keep(250);
    work(10_000);
    await keep(3_000);
    expect(waits).toEqual([500, 250, 2_000]);
  });

  it('rests as long as a piece has taken, but no longer than a second', async () => {
    const { keep, work, waits } = kept(1_000_000_000);
    for (const milliseconds of [40, 300, 10_000, 20]) {
      work(milliseconds);
      await keep(1_000);
    }
    expect(waits).toEqual([40, 300, 1_000, 20]);
  });

  it.each([
    [0, [10]],
    [0.5, [10, 40]],
    [1, [10, 80]],
  ])('gives way to others who keep the process busy %d of the time', async (share, rests) => {
    const { keep, work, waits } = kept(1_000_000_000, share);
    work(10);
    await keep(1_000);
    expect(waits).toEqual(rests);
  });

  it('gives way for a quarter of a second at most', async () => {
    const { keep, work, waits } = kept(1_000_000_000, 1);
    work(400);
    await keep(1_000);
    expect(waits).toEqual([400, 250]);
  });

  it('watches how busy the event loop of the process is', async () => {
    const waits: number[] = [];
    const work = (milliseconds: number): void => {
      for (const until = performance.now() + milliseconds; performance.now() < until; );
    };
    const wait = async (milliseconds: number) => {
      waits.push(milliseconds);
      work(20);
    };
    const keep = pace({ bytesPerSecond: 1_000_000_000, givesWay: true, wait });
    work(10);
    await keep(1_000);
    expect(waits[1]).toBeGreaterThan(40);
  });

  it('ends at the signal, and is no pace where there is no limit', async () => {
    const stop = new AbortController();
    const waiting = pace({ bytesPerSecond: 1 })(1_000_000, stop.signal);
    stop.abort();
    await expect(waiting).resolves.toBeUndefined();
    expect(pace({ bytesPerSecond: 0 })(1_000_000)).toBeUndefined();
  });
});
