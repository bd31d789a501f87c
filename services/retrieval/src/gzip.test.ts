import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { gzipped } from './gzip.ts';

describe('gzipped', () => {
  it('compresses what it is given', async () => {
    async function* source() {
      for (let index = 0; index < 100; index += 1) yield Buffer.from(`{"number":${index}},`);
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of gzipped(source())) chunks.push(chunk);
    const text = gunzipSync(Buffer.concat(chunks)).toString();
    expect(text).toMatch(/^\{"number":0\},.*\{"number":99\},$/);
  });

  it('fails as its source does', async () => {
    async function* source() {
      yield Buffer.alloc(1024);
      throw new Error('damaged');
    }
    const reading = (async () => {
      for await (const chunk of gzipped(source())) expect(chunk.length).toBeGreaterThan(0);
    })();
    await expect(reading).rejects.toThrow('damaged');
  });

  it('stops its source when nobody reads on', async () => {
    let isStopped = false;
    async function* source() {
      try {
        for (;;) yield Buffer.alloc(256 * 1024, Math.random().toString());
      } finally {
        isStopped = true;
      }
    }
    for await (const chunk of gzipped(source())) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await expect.poll(() => isStopped).toBe(true);
  });
});
