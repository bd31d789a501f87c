import { describe, expect, it } from 'vitest';
import { SharedCache } from './shared-cache.ts';

const never = new AbortController().signal;
const bytesOf = ({ length }: Buffer) => length;

describe('SharedCache', () => {
  it('keeps what was asked for last, within its bytes', async () => {
    const kept: number[] = [];
    const cache = new SharedCache<Buffer>({ bytesOf, mostBytes: 80, onChange: (bytes) => kept.push(bytes) });
    let made = 0;
    const get = (key: string, bytes = 10) =>
      cache.get(key, never, async () => {
        made += 1;
        return Buffer.alloc(bytes);
      });
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'a', 'i']) await get(key);
    expect([made, Math.max(...kept)]).toEqual([9, 80]);
    // 'a' was asked for again, so 'b' went for 'i'.
    await get('a');
    expect(made).toBe(9);
    await get('b');
    expect(made).toBe(10);
    for (let time = 0; time < 2; time++) await get('large', 11);
    expect(made).toBe(12);
  });

  it('makes a picture once for all who ask meanwhile', async () => {
    const cache = new SharedCache<Buffer>({ bytesOf, mostBytes: 1000 });
    const making = Promise.withResolvers<Buffer>();
    let made = 0;
    const get = () =>
      cache.get('a', never, () => {
        made += 1;
        return making.promise;
      });
    const both = Promise.all([get(), get()]);
    making.resolve(Buffer.from('picture'));
    const [one, other] = await both;
    expect([made, one === other]).toEqual([1, true]);
  });

  it('keeps no failure', async () => {
    const cache = new SharedCache<Buffer>({ bytesOf, mostBytes: 1000 });
    await expect(cache.get('a', never, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect((await cache.get('a', never, async () => Buffer.from('yes'))).toString()).toBe('yes');
  });

  it('goes on while anybody waits, and gives up when nobody does', async () => {
    const cache = new SharedCache<Buffer>({ bytesOf, mostBytes: 1000 });
    const [first, second] = [new AbortController(), new AbortController()];
    let work: AbortSignal | undefined;
    const make = (signal: AbortSignal) => {
      work = signal;
      return new Promise<Buffer>((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('given up')));
      });
    };
    const one = cache.get('a', first.signal, make);
    const other = cache.get('a', second.signal, make);
    first.abort(new Error('first left'));
    await expect(one).rejects.toThrow('first left');
    expect(work?.aborted).toBe(false);
    second.abort(new Error('second left'));
    await expect(other).rejects.toThrow('second left');
    expect(work?.aborted).toBe(true);
    expect((await cache.get('a', never, async () => Buffer.from('new'))).toString()).toBe('new');
  });
});
