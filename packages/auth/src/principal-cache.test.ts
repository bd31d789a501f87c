import { describe, expect, it } from 'vitest';
import type { ApiKeyRecord } from './authenticate.ts';
import { SINGLE_USER } from './principal.ts';
import { cachePrincipals } from './principal-cache.ts';

function setUp(capacity = 10) {
  const state = { now: 0, asked: [] as string[], fail: false };
  const record = (id: string): ApiKeyRecord => ({
    id,
    secretHash: new Uint8Array(32),
    principal: SINGLE_USER,
    revoked: false,
  });
  const source = {
    findApiKey: async (id: string) => {
      state.asked.push(id);
      await Promise.resolve();
      if (state.fail) throw new Error('away');
      return id === 'unknown' ? undefined : record(id);
    },
  };
  return { state, cache: cachePrincipals(source, { maxAgeMs: 1000, capacity, now: () => state.now }) };
}

describe('the cache of keys', () => {
  it('asks once for lookups at the same time and within the age', async () => {
    const { state, cache } = setUp();
    await Promise.all([cache.findApiKey('a'), cache.findApiKey('a')]);
    state.now = 999;
    expect(await cache.findApiKey('a')).toMatchObject({ id: 'a' });
    expect(state.asked).toEqual(['a']);
    state.now = 1000;
    await cache.findApiKey('a');
    expect(state.asked).toEqual(['a', 'a']);
  });

  it('keeps neither what was not found nor what failed', async () => {
    const { state, cache } = setUp();
    expect(await cache.findApiKey('unknown')).toBeUndefined();
    await cache.findApiKey('unknown');
    state.fail = true;
    await expect(cache.findApiKey('b')).rejects.toThrow('away');
    state.fail = false;
    expect(await cache.findApiKey('b')).toMatchObject({ id: 'b' });
    expect(state.asked).toEqual(['unknown', 'unknown', 'b', 'b']);
  });

  it('holds no more than its capacity; the oldest leaves', async () => {
    const { state, cache } = setUp(2);
    for (const id of ['a', 'b', 'c', 'b', 'a']) await cache.findApiKey(id);
    expect(state.asked).toEqual(['a', 'b', 'c', 'a']);
  });
});
