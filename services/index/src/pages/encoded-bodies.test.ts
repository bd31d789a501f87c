import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { chooseEncoding, EncodedBodies } from './encoded-bodies.ts';

const text = Buffer.from('body of a script; '.repeat(1_000));
const read = () => Promise.resolve(text);

describe('the coding that a client takes', () => {
  it.each([
    [undefined, 'identity'],
    ['', 'identity'],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip', 'gzip'],
    ['br;q=0, gzip;q=0.5', 'gzip'],
    ['*', 'br'],
    ['*;q=0', 'identity'],
    ['GZIP;Q=1', 'gzip'],
    ['br;q=nonsense, gzip;q=0', 'identity'],
  ])('%j is answered with %s', (header, encoding) => {
    expect(chooseEncoding(header)).toBe(encoding);
  });
});

describe('encoded bodies', () => {
  it('decode to what was read', async () => {
    const bodies = new EncodedBodies();
    expect(brotliDecompressSync(await bodies.get('a', 'br', read))).toEqual(text);
    expect(gunzipSync(await bodies.get('a', 'gzip', read))).toEqual(text);
    expect(await bodies.get('a', 'identity', read)).toEqual(text);
  });

  it('are made once for all who ask at the same time, and later', async () => {
    const bodies = new EncodedBodies();
    let reads = 0;
    const counted = () => {
      reads += 1;
      return read();
    };
    await Promise.all(Array.from({ length: 20 }, () => bodies.get('a', 'br', counted)));
    await bodies.get('a', 'br', counted);
    expect(reads).toBe(1);
  });

  it('are kept up to the limit; the least recently used leave', async () => {
    const bodies = new EncodedBodies(250);
    const reads: string[] = [];
    const ask = (name: string) =>
      bodies.get(name, 'identity', () => {
        reads.push(name);
        return Promise.resolve(Buffer.alloc(100));
      });
    for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) {
      await ask(name);
      expect(bodies.keptBytes).toBeLessThanOrEqual(250);
    }
    expect(reads).toEqual(['a', 'b', 'c', 'b']);
  });

  it('that are longer than the limit are answered and not kept', async () => {
    const bodies = new EncodedBodies(10);
    expect(await bodies.get('a', 'identity', read)).toEqual(text);
    expect(bodies.keptBytes).toBe(0);
  });

  it('that cannot be read fail whoever asked, and are read again for the next', async () => {
    const bodies = new EncodedBodies();
    const broken = () => Promise.reject(new Error('unreadable'));
    await expect(bodies.get('a', 'br', broken)).rejects.toThrow('unreadable');
    expect(brotliDecompressSync(await bodies.get('a', 'br', read))).toEqual(text);
  });
});
