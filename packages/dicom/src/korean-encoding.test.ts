import { describe, expect, it } from 'vitest';
import { decodeCp949 } from './korean-encoding.ts';

describe('decodeCp949', () => {
  it('reads KS X 1001 and the syllables only CP949 has', () => {
    expect(decodeCp949(Buffer.from('b1e8c8f1c1df', 'hex'))).toBe('김희중');
    expect(decodeCp949(Buffer.from('8c63b9e6b0a2c7cf', 'hex'))).toBe('똠방각하');
    expect(decodeCp949(Buffer.from('94ee', 'hex'))).toBe('뷁');
  });

  it('has the 11,172 modern syllables, each once, at the corners where the table puts them', () => {
    const syllables = new Set<string>();
    for (let lead = 0x81; lead <= 0xfe; lead++) {
      for (let trail = 0x41; trail <= 0xfe; trail++) {
        const character = decodeCp949(Uint8Array.of(lead, trail));
        if (character.length === 1 && character >= '가' && character <= '힣') syllables.add(character);
      }
    }
    expect(syllables.size).toBe(11_172);
    const corners = [
      '8141',
      '815a',
      '8161',
      '817a',
      '8181',
      '81fe',
      '8241',
      'a0fe',
      'a141',
      'a1a0',
      'c652',
      'b0a1',
      'c8fe',
    ];
    expect(corners.map((pair) => decodeCp949(Buffer.from(pair, 'hex'))).join('')).toBe(
      '갂갴갵걕걖괓괔좤좥줎힣가힝',
    );
  });

  it('reads the two signs added in 1998', () => {
    expect(decodeCp949(Buffer.from('a2e6a2e7', 'hex'))).toBe('€®');
  });

  it('marks what is undefined and never swallows an ASCII byte after a stray lead byte', () => {
    expect(decodeCp949(Buffer.from('b05c41', 'hex'))).toBe('\uFFFD\\A');
    expect(decodeCp949(Buffer.from('b0', 'hex'))).toBe('\uFFFD');
    expect(decodeCp949(Buffer.from('ffb0a1', 'hex'))).toBe('\uFFFD\uFFFD');
    expect(decodeCp949(Buffer.from('c9a1c65341', 'hex'))).toBe('\uFFFD\uFFFDSA');
  });
});
