/** Examples of PS3.5 Annexes H, I and K, and what senders make of them. */
import { describe, expect, it } from 'vitest';
import { readLabel } from './character-set-label.ts';
import { decodeIso2022, type TextKind } from './iso-2022.ts';

/** Bytes as the standard writes them: ESC, column/row pairs as hex, text in between as ASCII. */
function bytes(...parts: readonly (string | number[])[]): Uint8Array {
  return Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
  );
}

function hex(digits: string): number[] {
  return [...Buffer.from(digits.replaceAll(' ', ''), 'hex')];
}

function decode(label: readonly string[], kind: TextKind, value: Uint8Array): string {
  const { text, complete } = decodeIso2022(value, kind, readLabel(label).initial);
  expect(complete).toBe(true);
  return text;
}

const ascii = '\x1b(B';
const romaji = '\x1b(J';
const jisX0208 = '\x1b$B';
const jisX0212 = '\x1b$(D';
const korean = '\x1b$)C';
const chinese = '\x1b$)A';

describe('decodeIso2022', () => {
  it('H.3.1: Japanese, value 1 absent', () => {
    const name = bytes(
      'Yamada^Tarou=',
      jisX0208,
      hex('3b33 4544'),
      ascii,
      '^',
      jisX0208,
      hex('4240 4f3a'),
      ascii,
      '=',
      jisX0208,
      hex('2464 245e 2440'),
      ascii,
      '^',
      jisX0208,
      hex('243f 246d 2426'),
      ascii,
    );
    expect(decode(['', 'ISO 2022 IR 87'], 'name', name)).toBe('Yamada^Tarou=山田^太郎=やまだ^たろう');
  });

  it('H.3.2: Japanese, value 1 ISO 2022 IR 13', () => {
    const name = bytes(
      hex('d4cf c0de'),
      '^',
      hex('c0db b3'),
      '=',
      jisX0208,
      hex('3b33 4544'),
      romaji,
      '^',
      jisX0208,
      hex('4240 4f3a'),
      romaji,
      '=',
      jisX0208,
      hex('2464 245e 2440'),
      romaji,
      '^',
      jisX0208,
      hex('243f 246d 2426'),
      romaji,
    );
    expect(decode(['ISO 2022 IR 13', 'ISO 2022 IR 87'], 'name', name)).toBe(
      'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう',
    );
  });

  it('H.2: JIS X 0212 beside JIS X 0208', () => {
    const name = bytes(jisX0212, hex('3021 3022'), jisX0208, hex('3b33'), ascii);
    expect(decode(['', 'ISO 2022 IR 87', 'ISO 2022 IR 159'], 'name', name)).toBe('丂丄山');
  });

  it('I.2: Korean names, with the set designated anew after each delimiter', () => {
    const name = bytes(
      'Hong^Gildong=',
      korean,
      hex('fbf3'),
      '^',
      korean,
      hex('d1ce d4d7'),
      '=',
      korean,
      hex('c8ab'),
      '^',
      korean,
      hex('b1e6 b5bf'),
    );
    expect(decode(['', 'ISO 2022 IR 149'], 'name', name)).toBe('Hong^Gildong=洪^吉洞=홍^길동');
  });

  it('I.3: Korean and ASCII mixed without further escapes in a line of text', () => {
    const text = bytes(korean, hex('b1e6 b5bf'), ' is 7\r\n', korean, hex('c8ab'), 'x');
    expect(decode(['', 'ISO 2022 IR 149'], 'text', text)).toBe('길동 is 7\r\n홍x');
  });

  it('K.2 and K.3: Chinese GB 2312 as name and as text', () => {
    const name = bytes('Zhang^XiaoDong=', chinese, hex('d5c5'), '^', chinese, hex('d0a1 b6ab'), '= ');
    expect(decode(['', 'ISO 2022 IR 58'], 'name', name)).toBe('Zhang^XiaoDong=张^小东= ');
    const text = bytes(
      '1.',
      chinese,
      hex('b5da d2bb d0d0 cec4 d7d6 a1a3'),
      '\r\n2.',
      chinese,
      hex('b5da b6fe d0d0 cec4 d7d6 a1a3'),
      '\r\n',
    );
    expect(decode(['', 'ISO 2022 IR 58'], 'text', text)).toBe('1.第一行文字。\r\n2.第二行文字。\r\n');
  });

  it('designates each single-byte set of C.12.1.1.2', () => {
    const designations = {
      A: ['e9', 'é'],
      B: ['a3', 'Ł'],
      C: ['f8', 'ĝ'],
      D: ['a2', 'ĸ'],
      F: ['c4', 'Δ'],
      G: ['e2', 'ق'],
      H: ['f9', 'ש'],
      L: ['b8', 'И'],
      M: ['dd', 'İ'],
      T: ['a1', 'ก'],
      b: ['a4', '€'],
    } as const;
    for (const [final, [byte, text]] of Object.entries(designations)) {
      expect(decode(['ISO 2022 IR 6', 'ISO 2022 IR 100'], 'value', bytes(`\x1b-${final}`, hex(byte)))).toBe(
        text,
      );
    }
    expect(decode([''], 'value', bytes('\x1b)I', hex('d4')))).toBe('ﾔ');
    expect(decode([''], 'value', bytes('\x1b(I', hex('54')))).toBe('ﾔ');
  });

  it('returns to the sets of value 1 at delimiters and control characters', () => {
    const label = ['ISO 2022 IR 144', 'ISO 2022 IR 100'];
    expect(decode(label, 'name', bytes('\x1b-A', hex('e9'), '^', hex('b8'), '=', hex('b8')))).toBe('é^И=И');
    expect(decode(label, 'value', bytes('\x1b-A', hex('e9'), '^', hex('e9'), '\\', hex('b8')))).toBe(
      'é^é\\И',
    );
    for (const control of ['\t', '\n', '\f', '\r']) {
      expect(decode(label, 'text', bytes('\x1b-A', hex('e9'), '\\', hex('e9'), control, hex('b8')))).toBe(
        `é\\é${control}И`,
      );
    }
  });

  it('does not take the second byte of a character for a delimiter', () => {
    // 3D 5C, 5E 3D and 3D 3D are kanji of JIS X 0208; each holds a byte that is a delimiter in ASCII.
    const name = bytes(jisX0208, hex('3d5c 5e3d 3d3d'), ascii, '^A');
    expect(decode(['', 'ISO 2022 IR 87'], 'name', name)).toBe('旬渊十^A');
  });

  it('keeps a delimiter that follows two-byte characters without a return to ASCII', () => {
    const { text } = decodeIso2022(
      bytes(jisX0208, hex('3b33 4544'), '=', ascii, 'x'),
      'name',
      readLabel(['']).initial,
    );
    expect(text).toBe('山田=x');
  });

  it('reports bytes no set explains, unknown escape sequences and cut characters', () => {
    const { initial } = readLabel(['', 'ISO 2022 IR 149']);
    const bare = decodeIso2022(bytes(hex('c8ab')), 'name', initial);
    expect(bare).toMatchObject({ text: '\uFFFD\uFFFD', complete: false });
    expect(decodeIso2022(bytes('\x1b.A', 'x'), 'name', initial)).toMatchObject({
      text: '\x1b.Ax',
      complete: false,
    });
    expect(decodeIso2022(bytes(jisX0208, hex('3b')), 'name', initial)).toMatchObject({
      text: '\uFFFD',
      complete: false,
    });
    expect(decodeIso2022(bytes('x\x1b'), 'name', initial)).toMatchObject({ text: 'x\x1b', complete: false });
    expect(decodeIso2022(bytes(hex('c8ab')), 'name', initial, () => '홍').text).toBe('홍');
  });
});
