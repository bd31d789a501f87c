/**
 * Encodings a device or facility may be declared to send in, whatever its data sets are labelled: the code pages
 * its operating system has, which DICOM has no terms for, and DICOM's own sets for devices that leave the label out.
 */
import { graphicSetOf } from './graphic-sets.ts';
import {
  cp949Encoding,
  kz1048Encoding,
  multiByteEncoding,
  singleByteEncoding,
  type TextEncoding,
  utf8Encoding,
} from './text-encoding.ts';

/** Names as they are declared, stored and shown. */
export const assumedCharacterSets = [
  'UTF-8',
  'windows-1250',
  'windows-1251',
  'windows-1252',
  'windows-1253',
  'windows-1254',
  'windows-1255',
  'windows-1256',
  'windows-1257',
  'windows-1258',
  'windows-874',
  'KZ-1048',
  'koi8-r',
  'koi8-u',
  'ibm866',
  'CP949',
  'GBK',
  'GB18030',
  'Big5',
  'Shift-JIS',
  'EUC-JP',
  'ISO_IR 100',
  'ISO_IR 101',
  'ISO_IR 109',
  'ISO_IR 110',
  'ISO_IR 126',
  'ISO_IR 127',
  'ISO_IR 138',
  'ISO_IR 144',
  'ISO_IR 148',
  'ISO_IR 166',
  'ISO_IR 203',
] as const;

/** One of `assumedCharacterSets`. */
export type AssumedCharacterSet = (typeof assumedCharacterSets)[number];

/** Other spellings, without case, spaces, hyphens and underscores. */
const aliases: Readonly<Record<string, AssumedCharacterSet>> = {
  utf8: 'UTF-8',
  strk1048: 'KZ-1048',
  strk10482002: 'KZ-1048',
  rk1048: 'KZ-1048',
  cp936: 'GBK',
  windows936: 'GBK',
  gb2312: 'GBK',
  euccn: 'GBK',
  windows949: 'CP949',
  uhc: 'CP949',
  euckr: 'CP949',
  ksc56011987: 'CP949',
  ksc5601: 'CP949',
  ksx1001: 'CP949',
  cp950: 'Big5',
  cp932: 'Shift-JIS',
  windows31j: 'Shift-JIS',
  sjis: 'Shift-JIS',
  cp866: 'ibm866',
  cp874: 'windows-874',
  tis620: 'ISO_IR 166',
  latin1: 'ISO_IR 100',
};

const encodings = new Map<AssumedCharacterSet, TextEncoding>();

/** Reads a declared name in any usual spelling ('cp1251', 'STRK1048', 'euc-kr'); undefined if it is none. */
export function parseAssumedCharacterSet(text: string): AssumedCharacterSet | undefined {
  const wanted = squeeze(text);
  const codePage = /^cp(125\d)$/.exec(wanted);
  if (codePage !== null) return parseAssumedCharacterSet(`windows-${codePage[1]}`);
  if (Object.hasOwn(aliases, wanted)) return aliases[wanted];
  return assumedCharacterSets.find((name) => squeeze(name) === wanted);
}

/** The encoding behind a declared name. */
export function encodingOf(name: AssumedCharacterSet): TextEncoding {
  let encoding = encodings.get(name);
  if (encoding === undefined) {
    encoding = makeEncoding(name);
    encodings.set(name, encoding);
  }
  return encoding;
}

function makeEncoding(name: AssumedCharacterSet): TextEncoding {
  if (name === 'UTF-8') return utf8Encoding(name);
  if (name === 'KZ-1048') return kz1048Encoding;
  if (name === 'CP949') return cp949Encoding;
  const multiByteLabel = multiByteLabels[name];
  if (multiByteLabel !== undefined) return multiByteEncoding(name, multiByteLabel);
  const set = name.startsWith('ISO_IR ') ? graphicSetOf(Number(name.slice('ISO_IR '.length))) : undefined;
  return set?.encoding ?? singleByteEncoding(name, name, 0x80);
}

/** What the platform calls them. */
const multiByteLabels: Readonly<Partial<Record<AssumedCharacterSet, string>>> = {
  'Shift-JIS': 'shift_jis',
  GBK: 'gbk',
  GB18030: 'gb18030',
  Big5: 'big5',
  'EUC-JP': 'euc-jp',
};

function squeeze(text: string): string {
  return text.toLowerCase().replace(/[\s_-]/g, '');
}
