import { describe, expect, it } from 'vitest';
import { assumedCharacterSets, encodingOf, parseAssumedCharacterSet } from './assumed-character-set.ts';

/** One word in each encoding: what the platform's or the standard's table says. */
const samples: Readonly<Record<string, readonly [bytes: string, text: string]>> = {
  'UTF-8': ['d29bd0b0', 'қа'],
  'windows-1250': ['a3f3', 'Łó'],
  'windows-1251': ['c8e2b3', 'Иві'],
  'windows-1252': ['8ce9', 'Œé'],
  'windows-1253': ['a2c1', 'ΆΑ'],
  'windows-1254': ['ddf0', 'İğ'],
  'windows-1255': ['f9ec', 'של'],
  'windows-1256': ['81e3', 'پم'],
  'windows-1257': ['d0e0', 'Šą'],
  'windows-1258': ['d0f5', 'Đơ'],
  'windows-874': ['a1d2', 'กา'],
  'KZ-1048': ['8dbf', 'Қү'],
  'koi8-r': ['e9d7c1ce', 'Иван'],
  'koi8-u': ['f4a4', 'Тє'],
  ibm866: ['88a2a0ad', 'Иван'],
  CP949: ['c8ab8c63', '홍똠'],
  GBK: ['cdf5815c', '王乗'],
  GB18030: ['cdf58130b336', '王ʡ'],
  Big5: ['a4fda470', '王小'],
  'Shift-JIS': ['8e52835c', '山ソ'],
  'EUC-JP': ['bbb3c5c4', '山田'],
  'ISO_IR 100': ['e9', 'é'],
  'ISO_IR 101': ['a3', 'Ł'],
  'ISO_IR 109': ['f8', 'ĝ'],
  'ISO_IR 110': ['a2', 'ĸ'],
  'ISO_IR 126': ['c4', 'Δ'],
  'ISO_IR 127': ['e2', 'ق'],
  'ISO_IR 138': ['f9', 'ש'],
  'ISO_IR 144': ['b8d2', 'Ив'],
  'ISO_IR 148': ['dd', 'İ'],
  'ISO_IR 166': ['fb', '๛'],
  'ISO_IR 203': ['a4bd', '€œ'],
};

describe('assumed character sets', () => {
  it.each(assumedCharacterSets.map((name) => ({ name })))('decodes $name', ({ name }) => {
    const [bytes, text] = samples[name] ?? ['', 'no sample'];
    expect(encodingOf(name).decode(Buffer.from(bytes, 'hex'))).toEqual({ text, complete: true });
  });

  it('are read in their usual spellings', () => {
    const spellings = [
      'cp1251',
      'Windows-1251',
      'KZ1048',
      'STRK1048-2002',
      'cp949',
      'EUC-KR',
      'gbk',
      'shift_jis',
      'KOI8-R',
      'iso_ir 144',
    ];
    expect(spellings.map(parseAssumedCharacterSet)).toEqual([
      'windows-1251',
      'windows-1251',
      'KZ-1048',
      'KZ-1048',
      'CP949',
      'CP949',
      'GBK',
      'Shift-JIS',
      'koi8-r',
      'ISO_IR 144',
    ]);
    expect(['', 'cp1', 'constructor', 'ISO_IR 6'].map(parseAssumedCharacterSet)).toEqual(
      Array(4).fill(undefined),
    );
  });
});
