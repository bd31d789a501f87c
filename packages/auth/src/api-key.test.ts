import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newApiKey, parseApiKey, verifyApiKey } from './api-key.ts';

describe('an API key', () => {
  it('is made of an id and 256 random bits, and verified by the hash that is kept', () => {
    const { key, id, secretHash } = newApiKey();
    const parsed = parseApiKey(key);
    expect(key).toBe(`sandyq_${id}_${parsed?.secret}`);
    expect(parsed?.id).toBe(id);
    expect(secretHash).toHaveLength(32);
    expect(secretHash).toEqual(
      createHash('sha256')
        .update(parsed?.secret ?? '')
        .digest(),
    );
    expect(parsed !== undefined && verifyApiKey(parsed, secretHash)).toBe(true);
  });

  it('encodes its bytes as RFC 4648 base32', () => {
    const { key } = newApiKey((length) =>
      Buffer.from('foobarfoobarfoobarfoobarfoobarfoobar').subarray(0, length),
    );
    expect(key).toBe('sandyq_mzxw6ytbojtg633c_mzxw6ytbojtg633cmfzgm33pmjqxeztpn5rgc4tgn5xweylsmzxq');
    expect(newApiKey((length) => new Uint8Array(length)).key).toBe(
      `sandyq_${'a'.repeat(16)}_${'a'.repeat(52)}`,
    );
    expect(newApiKey((length) => new Uint8Array(length).fill(255)).key).toBe(
      `sandyq_${'7'.repeat(16)}_${'7'.repeat(51)}q`,
    );
  });

  it('is different each time', () => {
    expect(new Set(Array.from({ length: 100 }, () => newApiKey().key)).size).toBe(100);
  });

  it('does not verify with another secret or a hash of another length', () => {
    const mine = newApiKey();
    const other = parseApiKey(newApiKey().key);
    expect(other !== undefined && verifyApiKey(other, mine.secretHash)).toBe(false);
    expect(other !== undefined && verifyApiKey(other, new Uint8Array(31))).toBe(false);
  });

  it.each([
    '',
    'sandyq',
    'sandyq_a_b',
    `sandyq_${'a'.repeat(16)}_${'a'.repeat(51)}`,
    `sandyq_${'A'.repeat(16)}_${'a'.repeat(52)}`,
    `x_${'a'.repeat(16)}_${'a'.repeat(52)}`,
    `sandyq_${'a'.repeat(16)}_${'a'.repeat(52)}\n`,
  ])('has one form: %j', (text) => {
    expect(parseApiKey(text)).toBeUndefined();
  });
});
