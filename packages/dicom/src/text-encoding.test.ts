import { describe, expect, it } from 'vitest';
import { encodingOf } from './assumed-character-set.ts';
import { kz1048Encoding, singleByteEncoding, utf8Encoding } from './text-encoding.ts';

const kazakh = 'ӘҒҚҢӨҰҮҺІәғқңөұүһі';
const kazakhInKz1048 = 'a3aa8dbda5a1af8eb2bcba9dbeb4a2bf9eb3';

describe('single-byte encodings', () => {
  it('reads all letters particular to Kazakh from KZ-1048', () => {
    expect(kz1048Encoding.decode(Buffer.from(kazakhInKz1048, 'hex'))).toEqual({
      text: kazakh,
      complete: true,
    });
  });

  it('reads the rest of KZ-1048 as windows-1251, with one undefined byte', () => {
    const upperHalf = Uint8Array.from({ length: 128 }, (_, index) => 0x80 + index);
    const [kz1048, windows1251] = [
      kz1048Encoding.decode(upperHalf),
      encodingOf('windows-1251').decode(upperHalf),
    ];
    expect(kz1048.text).toHaveLength(128);
    const exchanged = kz1048.text
      .split('')
      .filter((character, index) => character !== windows1251.text[index]);
    expect(exchanged.join('')).toBe('ҚҺқһҰұӘӨҒҮөғәҢңү');
    expect(kz1048).toEqual({ text: expect.stringContaining('—\uFFFD™'), complete: false });
  });

  it('leaves 80–9F undefined in the ISO sets, which the platform reads as Windows code pages', () => {
    for (const [label, euro] of [
      ['iso-8859-1', '\uFFFD'],
      ['iso-8859-9', '\uFFFD'],
      ['windows-1252', '€'],
    ] as const) {
      const encoding = singleByteEncoding(label, label, label.startsWith('iso') ? 0xa0 : 0x80);
      expect(encoding.decode(Uint8Array.of(0x80))).toEqual({ text: euro, complete: euro === '€' });
    }
  });

  it('leaves gaps undefined', () => {
    expect(encodingOf('ISO_IR 127').decode(Uint8Array.of(0xa1))).toEqual({ text: '\uFFFD', complete: false });
    expect(encodingOf('windows-1252').decode(Uint8Array.of(0x81))).toEqual({
      text: '\uFFFD',
      complete: false,
    });
  });
});

describe('multi-byte encodings', () => {
  it('reads second bytes that look like delimiters as parts of characters', () => {
    const samples = [
      ['Shift-JIS', '835c', 'ソ'],
      ['GBK', '815c', '乗'],
      ['GB18030', '815e', '乛'],
    ] as const;
    for (const [name, bytes, text] of samples) {
      expect(encodingOf(name).decode(Buffer.from(bytes, 'hex')).text).toBe(text);
    }
  });

  it('says whether UTF-8 is valid, also where it holds U+FFFD itself', () => {
    const utf8 = utf8Encoding('UTF-8');
    expect(utf8.decode(Buffer.from('Қ\uFFFD'))).toEqual({ text: 'Қ\uFFFD', complete: true });
    expect(utf8.decode(Uint8Array.of(0xc0, 0x80)).complete).toBe(false);
    expect(utf8.decode(Uint8Array.of(0xed, 0xa0, 0x80)).complete).toBe(false);
  });
});
