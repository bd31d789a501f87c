/**
 * Latin words as skeletons (skeleton.ts): names as typed in English, in passports (ICAO Doc 9303), in the Russian and Kazakh
 * romanisations (GOST, BGN/PCGN, Kazakh Latin of 2018 and 2021), in Turkish and Slavic Latin spelling.
 */
import { combine, tidySkeleton } from './skeleton.ts';

/** Letters with marks that stand for another sound than the bare letter. Every other mark is dropped. */
const markedLetters: Readonly<Record<string, string>> = {
  ş: 'sh',
  ș: 'sh',
  š: 'sh',
  ŝ: 'sh',
  ç: 'ch',
  č: 'ch',
  ć: 'ch',
  ž: 'zh',
  ż: 'zh',
  ý: 'u',
  ı: 'i',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ħ: 'h',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
  ð: 'd',
  ß: 'ss',
};

type Rule = readonly [pattern: RegExp, ...alternatives: string[]];

const vowel = 'aeiouy';

/** What is read at a place of a word: the first rule that fits, else the letter itself. */
const rules: readonly Rule[] = [
  [/tsch/y, 'q'],
  [/shch|sch/y, 'x'],
  [/tch|cz/y, 'q'],
  [/dzh|dj/y, 'j'],
  [/sz/y, 'x', 's'],
  [/sh/y, 'x'],
  [/ch(?=[rl])/y, 'k'],
  [/ch/y, 'q'],
  [/zh/y, 'j'],
  [/kh/y, 'h'],
  [/gh/y, 'g'],
  [/ph/y, 'f'],
  [/th/y, 't'],
  [/rh/y, 'r'],
  [/wh/y, 'v'],
  [/ck/y, 'k'],
  [/t[sz](?!h)/y, 'c'],
  [/(?<=[oe])ff$/y, 'v', 'f'],
  [/yeo/y, 'io'],
  [/ee/y, 'e', 'i'],
  [/oo/y, 'u', 'o'],
  [/ou/y, 'ou', 'u'],
  [/^yi/y, 'i', 'yi'],
  [new RegExp(`w(?<=[${vowel}]w)(?![${vowel}])`, 'y'), 'v', 'u'],
  [/w/y, 'v'],
  [new RegExp(`j(?=[${vowel}])`, 'y'), 'j', 'i'],
  [/j/y, 'i'],
  [/y/y, 'i'],
  [new RegExp(`h(?<=[${vowel}]h)(?![${vowel}])`, 'y'), '', 'h'],
  [/c(?=[eiy])/y, 'c', 's'],
  [/c(?=[vmn])/y, 'c'],
  [/[cq]/y, 'k'],
  [/x/y, 'ks'],
];

/** Skeletons of a word in small letters, marks and all; none if it has anything but Latin letters. */
export function latinSkeletons(word: string): string[] {
  const plain = plainLetters(word);
  return plain === undefined ? [] : tidySkeleton(combine(soundsOf(plain)));
}

function plainLetters(word: string): string | undefined {
  const plain = [...word.normalize('NFC')]
    .map((letter) => markedLetters[letter] ?? letter.normalize('NFD').replaceAll(/\p{M}/gu, ''))
    .join('');
  return /^[a-z]+$/.test(plain) ? plain : undefined;
}

function soundsOf(word: string): string[][] {
  const sounds: string[][] = [];
  let place = 0;
  while (place < word.length) {
    const [length, alternatives] = soundAt(word, place);
    sounds.push(alternatives);
    place += length;
  }
  return sounds;
}

function soundAt(word: string, place: number): [length: number, alternatives: string[]] {
  for (const [pattern, ...alternatives] of rules) {
    pattern.lastIndex = place;
    const found = pattern.exec(word);
    if (found !== null) return [found[0].length, alternatives];
  }
  return [1, [word.charAt(place)]];
}
