import { describe, expect, it } from 'vitest';
import {
  formatPersonName,
  parsePersonName,
  parsePersonNameComponents,
  personNameKey,
} from './person-name.ts';

describe('parsePersonName', () => {
  it('splits the three groups', () => {
    expect(parsePersonName('Yamada^Tarou=山田^太郎=やまだ^たろう')).toEqual({
      alphabetic: 'Yamada^Tarou',
      ideographic: '山田^太郎',
      phonetic: 'やまだ^たろう',
    });
  });

  it('leaves absent and empty groups out', () => {
    expect(parsePersonName('Wang^XiaoDong=王^小東=')).toEqual({
      alphabetic: 'Wang^XiaoDong',
      ideographic: '王^小東',
    });
    expect(parsePersonName('=洪^吉洞')).toEqual({ ideographic: '洪^吉洞' });
    expect(parsePersonName('==홍')).toEqual({ phonetic: '홍' });
    expect(parsePersonName('')).toEqual({});
    expect(parsePersonName('==')).toEqual({});
  });

  it('trims groups and keeps components as they are', () => {
    expect(parsePersonName(' Doe^John^^ = 王 ')).toEqual({ alphabetic: 'Doe^John^^', ideographic: '王' });
  });

  it('loses nothing of a malformed name', () => {
    expect(parsePersonName('a=b=c=d')).toEqual({ alphabetic: 'a', ideographic: 'b', phonetic: 'c=d' });
  });
});

describe('formatPersonName', () => {
  it('is the inverse, without trailing empty groups', () => {
    for (const text of ['Doe^John', 'a=b=c', 'a==c', '=b', ''])
      expect(formatPersonName(parsePersonName(text))).toBe(text);
    expect(formatPersonName(parsePersonName('a=='))).toBe('a');
  });
});

describe('parsePersonNameComponents', () => {
  it('names the five components', () => {
    expect(parsePersonNameComponents('Adams^John Robert Quincy^^Rev.^B.A. M.Div.')).toEqual({
      familyName: 'Adams',
      givenName: 'John Robert Quincy',
      prefix: 'Rev.',
      suffix: 'B.A. M.Div.',
    });
    expect(parsePersonNameComponents('')).toEqual({});
    expect(parsePersonNameComponents('^ ^Q^^^surplus')).toEqual({ middleName: 'Q' });
  });
});

describe('personNameKey', () => {
  it.each([
    ['DOE^JOHN', 'Doe, John'],
    ['Doe^John^^', 'doe  john'],
    ['Buc^Jérôme', 'BUC^JEROME'],
    ['Strauß', 'STRAUSS'],
    ['Łukasz^Ærø', 'lukasz aero'],
    ['İpek^ILICA', 'ipek ılıca'],
    ['ΔΙΟΝΥΣΙΟΣ', 'Διονύσιος'],
    ['O’Brien–Smith', "O'Brien-Smith"],
    ['O`Brien', "O'Brien"],
    ['ＹＡＭＡＤＡ', 'yamada'],
    ['ﾔﾏﾀﾞ', 'ヤマダ'],
    ['Іванов^Анна', 'ІВАНОВ АННА'],
    ['Қабылбек^Әсел', 'ҚАБЫЛБЕК ӘСЕЛ'],
    ['Yamada^Tarou=山田^太郎=', ' yamada tarou = 山田 太郎 '],
    ['한글', '한글'],
    ['שָׁלוֹם', 'שלום'],
    ['مُحَمَّد', 'محمد'],
  ])('is the same for %s and %s', (one, other) => {
    expect(personNameKey(one)).toBe(personNameKey(other));
  });

  it.each([
    ['Сергей', 'Сергеи'],
    ['Семёнов', 'Семенов'],
    ['Қанат', 'Канат'],
    ['Ұлан', 'Үлан'],
    ['Їжак', 'Іжак'],
    ['が', 'か'],
    ['กา', 'กิ'],
    ['a=b', 'a b'],
  ])('keeps %s and %s apart', (one, other) => {
    expect(personNameKey(one)).not.toBe(personNameKey(other));
  });

  it('is what the documentation says', () => {
    expect(personNameKey('  Doe^J.R.^^Dr.  ')).toBe('doe j r dr');
    expect(personNameKey('Yamada^Tarou=山田^太郎=やまだ^たろう')).toBe(
      'yamada tarou=山田 太郎=やまだ たろう',
    );
    expect(personNameKey('Йокубайтіс^Ё')).toBe('йокубайтіс ё');
    expect(personNameKey('')).toBe('');
    expect(personNameKey('^^=')).toBe('');
  });
});
