import { describe, expect, it } from 'vitest';
import { pace } from './pace.ts';

describe('pace', () => {
  it('makes work take as long as its bytes are worth, and saves up no more than a second', async () => {
    let now = 0;
    const waits: number[] = [];
    const wait = async (milliseconds: number) => {
      waits.push(milliseconds);
      now += milliseconds;
    };
    const keep = pace({ bytesPerSecond: 1_000, monotonicMs: () => now, wait });
    await keep(500);
    await keep(250);
    now += 10_000;
    await keep(1_500);
    expect(waits).toEqual([500, 250, 500]);
  });

  it('ends at the signal, and is no pace where there is no limit', async () => {
    const stop = new AbortController();
    const waiting = pace({ bytesPerSecond: 1 })(1_000_000, stop.signal);
    stop.abort();
    await expect(waiting).resolves.toBeUndefined();
    expect(pace({ bytesPerSecond: 0 })(1_000_000)).toBeUndefined();
  });
});
