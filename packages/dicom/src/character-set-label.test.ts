import { describe, expect, it } from 'vitest';
import { readLabel } from './character-set-label.ts';

describe('readLabel', () => {
  it.each([
    [['ISO_IR 100'], ['ISO_IR 100']],
    [
      ['', 'ISO 2022 IR 87'],
      ['ISO 2022 IR 6', 'ISO 2022 IR 87'],
    ],
    [
      ['ISO 2022 IR 6', 'ISO 2022 IR 149'],
      ['ISO 2022 IR 6', 'ISO 2022 IR 149'],
    ],
    [
      ['ISO 2022 IR 13', 'ISO 2022 IR 87', 'ISO 2022 IR 159'],
      ['ISO 2022 IR 13', 'ISO 2022 IR 87', 'ISO 2022 IR 159'],
    ],
    [['ISO_IR 192'], ['ISO_IR 192']],
    [['GB18030'], ['GB18030']],
    [['GBK'], ['GBK']],
    [['ISO_IR 203'], ['ISO_IR 203']],
  ])('knows the defined terms %j', (label, terms) => {
    expect(readLabel(label)).toMatchObject({ terms, unknown: false, absent: false });
  });

  it.each([
    ['ISO-IR 192', 'ISO_IR 192'],
    ['ISO_IR_100', 'ISO_IR 100'],
    ['ISO IR 100', 'ISO_IR 100'],
    ['ISO_IR100', 'ISO_IR 100'],
    ['iso_ir 144 ', 'ISO_IR 144'],
    ['ISO_2022-IR-87', 'ISO 2022 IR 87'],
    ['ISO2022IR149', 'ISO 2022 IR 149'],
    ['ISO_IR 149', 'ISO 2022 IR 149'],
    ['ISO 2022 IR 192', 'ISO_IR 192'],
    ['ISO 2022 IR 6', 'ISO 2022 IR 6'],
    ['ISO_IR 6', 'ISO_IR 6'],
    ['US-ASCII', 'ISO_IR 6'],
    ['UTF-8', 'ISO_IR 192'],
    ['utf8', 'ISO_IR 192'],
    ['GB2312', 'GBK'],
    ['ISO_8859-5', 'ISO_IR 144'],
    ['ISO-8859-15', 'ISO_IR 203'],
    ['IR 100', 'ISO_IR 100'],
    ['windows-1251', 'windows-1251'],
    ['SHIFT_JIS', 'Shift-JIS'],
    ['KS_C_5601-1987', 'CP949'],
  ])('understands %s as %s', (value, term) => {
    expect(readLabel([value])).toMatchObject({ terms: [term], unknown: false });
  });

  it('tells absent, empty and unknown apart from a label', () => {
    expect(readLabel([])).toMatchObject({ absent: true, unknown: false, terms: [] });
    expect(readLabel(['', ''])).toMatchObject({ absent: true, unknown: false, terms: [] });
    expect(readLabel(['ISO_IR 999'])).toMatchObject({ absent: false, unknown: true, terms: [] });
    expect(readLabel(['ISO_IR 100', 'Klingon'])).toMatchObject({ unknown: true, terms: ['ISO 2022 IR 100'] });
  });
});
