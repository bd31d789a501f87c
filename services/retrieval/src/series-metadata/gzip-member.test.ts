import { gunzipSync } from 'node:zlib';
import type { DeflatedText } from '@sandyq/database';
import { describe, expect, it } from 'vitest';
import { deflateText, inflatedText, inflateText } from './deflate-text.ts';
import { GzipMember } from './gzip-member.ts';

const MANY = 1024 * 1024;

async function deflated(text: string, chunkBytes = 1_000): Promise<DeflatedText> {
  const bytes = Buffer.from(text);
  const made = await deflateText(cut(bytes, chunkBytes), MANY);
  if (made === undefined) throw new Error('is short enough');
  return made;
}

async function* cut(bytes: Buffer, chunkBytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

const texts = ['{"00100010":"Сынақ^Айгүл"}', '', 'x', 'a long one, again and again. '.repeat(10_000)];

describe('GzipMember', () => {
  it('joins deflated pieces to one member whose CRC and length hold', async () => {
    const member = new GzipMember();
    const parts = [member.begin(), member.literal('[')];
    for (const text of texts) parts.push(member.piece(await deflated(text)), member.literal(','));
    parts.push(member.end(']'));
    expect(gunzipSync(Buffer.concat(parts)).toString()).toBe(`[${texts.map((text) => `${text},`).join('')}]`);
  });

  it('refuses a text that no stored block holds', () => {
    expect(() => new GzipMember().literal('x'.repeat(65_536))).toThrow(RangeError);
  });
});

describe('a deflated text', () => {
  it.each(texts)('comes back in one piece and as a stream', async (text) => {
    const made = await deflated(text);
    expect((await inflateText(made)).toString()).toBe(text);
    expect(Buffer.concat(await Array.fromAsync(inflatedText(made))).toString()).toBe(text);
    expect(made.textBytes).toBe(Buffer.byteLength(text));
  });

  it('is the same however the text was cut: its entity tag says nothing of that', async () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `{"vr":"IS","Value":[${index}]}`).join();
    const whole = await deflated(text, text.length);
    for (const chunkBytes of [7_919, 65_536, 300_000]) {
      expect((await deflated(text, chunkBytes)).deflated.equals(whole.deflated)).toBe(true);
    }
  });

  it('is given up when it takes more than it may', async () => {
    const random = Buffer.from(Array.from({ length: 300_000 }, () => Math.floor(Math.random() * 256)));
    expect(await deflateText(cut(random, 10_000), 100_000)).toBeUndefined();
  });

  it('fails as its source does', async () => {
    const failing = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('begun');
      throw new TypeError('taken out');
    };
    await expect(deflateText(failing(), MANY)).rejects.toThrow('taken out');
  });

  it('that is not what was compressed is not given back', async () => {
    const made = await deflated('{"00100010":"Doe^Jane"}'.repeat(100));
    await expect(inflateText({ ...made, textCrc32: made.textCrc32 ^ 1 })).rejects.toThrow(
      'incorrect data check',
    );
  });
});
