import { describe, expect, it } from 'vitest';
import type { AssumedCharacterSet } from './assumed-character-set.ts';
import { type CharacterSetPlan, decoderFor } from './character-set.ts';
import type { Vr } from './vr.ts';

interface Case {
  readonly label: readonly string[];
  readonly assumed?: AssumedCharacterSet;
  readonly vr?: Vr;
  readonly hex: string;
}

/** Values and plan of one value field. */
function decode({ label, assumed, vr = 'PN', hex }: Case): [...string[], CharacterSetPlan] {
  const decoder = decoderFor(label, assumed);
  return [...decoder.decode(Buffer.from(hex.replaceAll(' ', ''), 'hex'), vr), decoder.plan];
}

function utf8(text: string): string {
  return Buffer.from(text).toString('hex');
}

/** Ә Ғ Қ Ң Ө Ұ Ү Һ І, both cases: in no set of DICOM but UTF-8 and GB18030. */
const kazakh = 'ӘҒҚҢӨҰҮҺІ^әғқңөұүһі';
const kazakhInKz1048 = 'a3aa8dbda5a1af8eb2 5e bcba9dbeb4a2bf9eb3';

describe('Kazakhstan', () => {
  it('reads the nine Kazakh letters in UTF-8, labelled or not, with and without an assumption', () => {
    const hex = utf8(kazakh);
    const label = ['ISO_IR 192'];
    const plan = { label, used: ['ISO_IR 192'], flag: 'as-labelled' };
    expect(decode({ label, hex })).toEqual([kazakh, plan]);
    expect(decode({ label, assumed: 'KZ-1048', hex })).toEqual([kazakh, plan]);
    expect(decode({ label: [], hex })).toEqual([
      kazakh,
      { label: [], used: ['ISO_IR 192'], flag: 'unknown' },
    ]);
  });

  it('reads them in KZ-1048 labelled ISO_IR 100 on a device that is declared to send KZ-1048', () => {
    const [name, plan] = decode({ label: ['ISO_IR 100'], assumed: 'KZ-1048', hex: kazakhInKz1048 });
    expect(name).toBe(kazakh);
    expect(plan).toEqual({ label: ['ISO_IR 100'], used: ['KZ-1048'], flag: 'label-contradicted' }); // 8D 8E 9D 9E
    expect(decode({ label: ['ISO_IR 100'], assumed: 'KZ-1048', hex: 'c0bc' })).toEqual([
      'Аә',
      { label: ['ISO_IR 100'], used: ['KZ-1048'], flag: 'assumed' },
    ]);
  });

  it('reads them in KZ-1048 without a label', () => {
    const [name, plan] = decode({ label: [], assumed: 'KZ-1048', hex: kazakhInKz1048 });
    expect(name).toBe(kazakh);
    expect(plan).toEqual({ label: [], used: ['KZ-1048'], flag: 'assumed' });
  });

  it('reads windows-1251 labelled ISO_IR 144: of the Kazakh letters that set has only І', () => {
    const hex = 'b2e2e0edeee2 5e c0edede0 5e b3b8a8'; // Іванов^Анна^іёЁ
    const label = ['ISO_IR 144'];
    const assumed = decode({ label, assumed: 'windows-1251', hex });
    expect(assumed).toEqual(['Іванов^Анна^іёЁ', { label, used: ['windows-1251'], flag: 'assumed' }]);
    // The same bytes are possible in ISO 8859-5: without a declaration nothing speaks against the label.
    expect(decode({ label, hex })).toEqual(['Втрэют^Рээр^ГИЈ', { label, used: label, flag: 'as-labelled' }]);
  });

  it('takes windows-1251 for ISO_IR 144 where ISO 8859-5 leaves the bytes undefined', () => {
    const label = ['ISO_IR 144'];
    expect(decode({ label, hex: 'ab cee0e7e8f1 bb 20 b9 39 20 97', vr: 'LO' })).toEqual([
      '«Оазис» №9 —',
      { label, used: ['windows-1251'], flag: 'label-contradicted' },
    ]);
  });

  it('reads Russian as labelled', () => {
    const label = ['ISO_IR 144'];
    const hex = 'b8d2d0ddded2d05eb0ddddd05ec1d5e0d3d5d5d2ddd0';
    expect(decode({ label, hex })).toEqual([
      'Иванова^Анна^Сергеевна',
      { label, used: label, flag: 'as-labelled' },
    ]);
  });
});

describe('Korea', () => {
  it('reads CP949 without a label on a device that is declared to send it', () => {
    const hex = 'c8ab5eb1e6b5bf3d 8c63';
    const plan = { label: [], used: ['CP949'], flag: 'assumed' };
    expect(decode({ label: [], assumed: 'CP949', hex })).toEqual(['홍^길동=똠', plan]);
  });

  it('reads CP949 under a Korean label without the escape sequences it demands', () => {
    for (const label of [
      ['', 'ISO 2022 IR 149'],
      ['ISO 2022 IR 6', 'ISO 2022 IR 149'],
    ]) {
      const plan = { label, used: ['CP949'], flag: 'label-contradicted' };
      expect(decode({ label, hex: 'c8ab5eb1e6b5bf' })).toEqual(['홍^길동', plan]);
      expect(decode({ label, assumed: 'CP949', hex: 'c8ab5eb1e6b5bf' })).toEqual(['홍^길동', plan]);
    }
    const label = ['ISO 2022 IR 149'];
    expect(decode({ label, hex: 'c8ab5eb1e6b5bf' })).toEqual([
      '홍^길동',
      { label, used: label, flag: 'as-labelled' },
    ]);
  });

  it('reads names that designate the Korean set once and not again after ^', () => {
    const label = ['', 'ISO 2022 IR 149'];
    expect(decode({ label, hex: '1b242943 c8ab 5e b1e6b5bf' })).toEqual([
      '홍^길동',
      { label, used: ['CP949', 'ISO 2022 IR 6', 'ISO 2022 IR 149'], flag: 'label-contradicted' },
    ]);
  });
});

describe('China and Japan', () => {
  it('J.1 to J.4: UTF-8, GB18030 and GBK', () => {
    expect(decode({ label: ['ISO_IR 192'], hex: utf8('Wang^XiaoDong=王^小東=') })[0]).toBe(
      'Wang^XiaoDong=王^小東=',
    );
    const hex = '57616e675e5869616f446f6e673dcdf55ed0a1b6ab3d';
    for (const label of [['GB18030'], ['GBK']]) {
      expect(decode({ label, hex })).toEqual([
        'Wang^XiaoDong=王^小东=',
        { label, used: label, flag: 'as-labelled' },
      ]);
    }
    const lines =
      'The first line includes 中文.\r\nThe second line includes 中文, too.\r\nThe third line.\r\n';
    expect(decode({ label: ['ISO_IR 192'], vr: 'LT', hex: utf8(lines) })[0]).toBe(lines);
    const inGb18030 = utf8(lines).replaceAll('e4b8ade69687', 'd6d0cec4');
    expect(decode({ label: ['GB18030'], vr: 'LT', hex: inGb18030 })[0]).toBe(lines);
  });

  it('never splits at the second byte of a character', () => {
    // GBK 81 5C 乗, 81 5E 乛; GB18030 84 31 95 33 holds the digit bytes 31 and 33; Shift-JIS 83 5C ソ, 83 5E タ.
    expect(decode({ label: ['GBK'], hex: '815c5c815e5e41' }).slice(0, 2)).toEqual(['乗', '乛^A']);
    expect(decode({ label: [], assumed: 'GBK', hex: '815c5c815e' }).slice(0, 2)).toEqual(['乗', '乛']);
    expect(decode({ label: [], assumed: 'Shift-JIS', hex: '835c835e5c41' }).slice(0, 2)).toEqual([
      'ソタ',
      'A',
    ]);
  });

  it('reads Shift-JIS under Japanese labels that mean escape sequences', () => {
    for (const label of [['ISO_IR 13'], ['ISO 2022 IR 13', 'ISO 2022 IR 87'], ['', 'ISO 2022 IR 87']]) {
      const [name, plan] = decode({ label, hex: '8e52 9363 5e 91be 9859' });
      expect(name).toBe('山田^太郎');
      expect(plan).toEqual({ label, used: ['Shift-JIS'], flag: 'label-contradicted' });
    }
  });

  it('reads half-width katakana under its label even on a device declared Shift-JIS', () => {
    const label = ['ISO 2022 IR 13', 'ISO 2022 IR 87'];
    expect(decode({ label, assumed: 'Shift-JIS', hex: 'd4cfc0de' })).toEqual([
      'ﾔﾏﾀﾞ',
      { label, used: label, flag: 'as-labelled' },
    ]);
  });

  it('gives JIS X 0201 its yen sign and overline, but splits at 5C where that is the delimiter', () => {
    const label = ['ISO_IR 13'];
    expect(decode({ label, vr: 'ST', hex: '5c317e' })[0]).toBe('¥1‾');
    expect(decode({ label, vr: 'LO', hex: '5c317e' }).slice(0, 2)).toEqual(['', '1‾']);
    expect(decode({ label, vr: 'CS', hex: '415c7e' }).slice(0, 2)).toEqual(['A', '~']);
  });

  it('obeys escape sequences under a label that does not declare them', () => {
    const hex = '1b2442 3b33 1b2842';
    expect(decode({ label: ['ISO_IR 100'], assumed: 'windows-1251', hex })).toEqual([
      '山',
      { label: ['ISO_IR 100'], used: ['ISO_IR 100', 'ISO 2022 IR 87'], flag: 'label-contradicted' },
    ]);
    expect(decode({ label: [], hex })).toEqual([
      '山',
      { label: [], used: ['ISO 2022 IR 87'], flag: 'unknown' },
    ]);
  });
});

describe('labels that the bytes contradict', () => {
  it('reads UTF-8 under an absent, default, unknown or single-byte label where nothing else fits', () => {
    const hex = utf8('Łukasz');
    expect(decode({ label: [], hex })).toEqual([
      'Łukasz',
      { label: [], used: ['ISO_IR 192'], flag: 'unknown' },
    ]);
    expect(decode({ label: ['ISO_IR 6'], hex })[1]).toMatchObject({ flag: 'label-contradicted' });
    expect(decode({ label: ['Klingon'], hex })[1]).toMatchObject({ flag: 'unknown', used: ['ISO_IR 192'] });
    expect(decode({ label: ['ISO_IR 100'], hex })[0]).toBe('Łukasz'); // C5 81: no ISO 8859-1
  });

  it('falls back to ISO 8859-1, from which the bytes can be read back', () => {
    const hex = 'c8e2e0ed9d';
    const [name, plan] = decode({ label: [], hex });
    const text = 'Èâàí\u009D';
    expect(name).toBe(text);
    expect(Buffer.from(text, 'latin1').toString('hex')).toBe(hex);
    expect(plan).toEqual({ label: [], used: ['ISO_IR 100'], flag: 'unknown' });
    expect(decode({ label: ['ISO_IR 192'], hex })[1]).toMatchObject({
      used: ['ISO_IR 100'],
      flag: 'label-contradicted',
    });
  });

  it('takes the assumed set where a UTF-8 label holds no UTF-8', () => {
    expect(decode({ label: ['ISO_IR 192'], assumed: 'windows-1251', hex: 'c8e2e0ed' })).toEqual([
      'Иван',
      { label: ['ISO_IR 192'], used: ['windows-1251'], flag: 'label-contradicted' },
    ]);
  });

  it('keeps UTF-8 that was cut in the middle of a character, also on a device with an assumed set', () => {
    const hex = utf8('Қазақстан').slice(0, -2);
    for (const assumed of ['KZ-1048', undefined] as const) {
      const [name, plan] = decode({ label: ['ISO_IR 192'], ...(assumed && { assumed }), hex });
      expect(name).toBe('Қазақста\uFFFD');
      expect(plan).toMatchObject({ used: ['ISO_IR 192'], flag: 'label-contradicted' });
    }
  });

  it('reads Windows quotation marks and dashes under Latin labels', () => {
    expect(decode({ label: ['ISO_IR 100'], vr: 'LO', hex: '93e994' })).toEqual([
      '“é”',
      { label: ['ISO_IR 100'], used: ['windows-1252'], flag: 'label-contradicted' },
    ]);
  });

  it('marks single bytes that mean nothing in the label or the assumed set', () => {
    expect(decode({ label: ['ISO_IR 109'], hex: 'a5e9' })).toEqual([
      '\uFFFDé',
      { label: ['ISO_IR 109'], used: ['ISO_IR 109'], flag: 'label-contradicted' },
    ]);
    expect(decode({ label: [], assumed: 'KZ-1048', hex: '8d98' })).toEqual([
      'Қ\uFFFD',
      { label: [], used: ['KZ-1048'], flag: 'unknown' },
    ]);
  });

  it('tolerates UTF-8 declared beside other sets', () => {
    expect(decode({ label: ['ISO_IR 100', 'ISO_IR 192'], hex: utf8('Қ') })[0]).toBe('Қ');
  });
});

describe('the decoder', () => {
  it('reports the label where there was only ASCII, and the worst of all values otherwise', () => {
    const decoder = decoderFor(['ISO_IR 100'], 'KZ-1048');
    decoder.decode(Buffer.from('CT '), 'CS');
    expect(decoder.plan).toEqual({ label: ['ISO_IR 100'], used: ['ISO_IR 100'], flag: 'as-labelled' });
    expect(decoder.metNonAscii).toBe(false);
    decoder.decode(Buffer.from('c0', 'hex'), 'PN');
    decoder.decode(Buffer.from('8d', 'hex'), 'PN');
    decoder.decode(Buffer.from('c0', 'hex'), 'PN');
    expect(decoder.plan.flag).toBe('label-contradicted');
    expect(decoder.metNonAscii).toBe(true);
    expect(decoderFor([]).plan).toEqual({ label: [], used: ['ISO_IR 6'], flag: 'as-labelled' });
  });

  it('decodes an item with a label of its own and keeps one account', () => {
    const decoder = decoderFor(['ISO_IR 100']);
    expect(decoder.forItem(['ISO_IR 100'])).toBe(decoder);
    expect(decoder.forItem(['ISO_IR 144']).decode(Buffer.from('b8', 'hex'), 'LO')).toEqual(['И']);
    expect(decoder.decode(Buffer.from('e9', 'hex'), 'LO')).toEqual(['é']);
    expect(decoder.plan).toEqual({
      label: ['ISO_IR 100'],
      used: ['ISO_IR 144', 'ISO_IR 100'],
      flag: 'as-labelled',
    });
  });

  it('splits and trims by VR', () => {
    const decoder = decoderFor([]);
    const values = (text: string, vr: Vr): string[] => decoder.decode(Buffer.from(text), vr);
    expect(values(' A \\ B ', 'LO')).toEqual(['A', 'B']);
    expect(values('A\\\\B\\', 'CS')).toEqual(['A', '', 'B', '']);
    expect(values('\\', 'CS')).toEqual(['', '']);
    expect(values('   ', 'LO')).toEqual([]);
    expect(values('', 'LO')).toEqual([]);
    expect(values('1.2.3\0', 'UI')).toEqual(['1.2.3']);
    expect(values('A\0B\0', 'LO')).toEqual(['A\uFFFDB']);
    expect(values('é\0B\\\0C\0', 'LO')).toEqual(['é\uFFFDB', 'C']);
    expect(values(' A\\B  ', 'LT')).toEqual([' A\\B']);
    expect(values(' A\\ B ', 'UC')).toEqual([' A', ' B']);
    expect(values(' é\\ö ', 'ST')).toEqual([' é\\ö']);
    expect(values(' é\\ ö \0', 'LO')).toEqual(['é', 'ö']);
  });
});
