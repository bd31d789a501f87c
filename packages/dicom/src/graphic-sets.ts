/**
 * The coded character sets of DICOM as ISO 2022 sees them: registered under a number, one or two bytes a
 * character, designated by an escape sequence (PS3.3 C.12.1.1.2, PS3.5 §6.1.2.4). Data, no logic of decoding.
 */
import { isAscii } from 'node:buffer';
import {
  cp949Encoding,
  type DecodedText,
  decodeLatin1,
  katakanaEncoding,
  multiByteEncoding,
  singleByteEncoding,
  type TextEncoding,
} from './text-encoding.ts';

/** A registered set of graphic characters. */
export interface GraphicSet {
  /** ISO-IR registration number. */
  readonly ir: number;
  readonly bytesPerCharacter: 1 | 2;
  /** ASCII in the lower half, this set in the upper; of the two ASCII-like sets, the lower half itself. */
  readonly encoding: TextEncoding;
  /** What a sender on Windows has in mind when its bytes don't fit this set: the code page of the same script. */
  readonly twin?: TextEncoding | undefined;
}

/** ISO 646, the default repertoire (ISO-IR 6). */
export const asciiSet: GraphicSet = {
  ir: 6,
  bytesPerCharacter: 1,
  encoding: { name: 'ISO_IR 6', multiByte: false, decode: decodeAscii },
};

/** The romaji of JIS X 0201 (ISO-IR 14): ASCII but for YEN SIGN and OVERLINE. */
export const romajiSet: GraphicSet = {
  ir: 14,
  bytesPerCharacter: 1,
  encoding: {
    name: 'ISO_IR 14',
    multiByte: false,
    decode(bytes) {
      const { text, complete } = decodeAscii(bytes);
      return { text: toRomaji(text), complete };
    },
  },
};

const shiftJis = multiByteEncoding('Shift-JIS', 'shift_jis');

/** The katakana of JIS X 0201 (ISO-IR 13); the term ISO_IR 13 means it together with the romaji. */
export const katakanaSet: GraphicSet = {
  ir: 13,
  bytesPerCharacter: 1,
  encoding: katakanaEncoding('ISO_IR 13'),
  twin: shiftJis,
};

const gbk = multiByteEncoding('GBK', 'gbk');
const eucJp = multiByteEncoding('ISO 2022 IR 87', 'euc-jp');

const sets: readonly GraphicSet[] = [
  asciiSet,
  romajiSet,
  katakanaSet,
  singleByteSet(100, 'iso-8859-1', 'windows-1252'),
  singleByteSet(101, 'iso-8859-2', 'windows-1250'),
  singleByteSet(109, 'iso-8859-3'),
  singleByteSet(110, 'iso-8859-4', 'windows-1257'),
  singleByteSet(126, 'iso-8859-7', 'windows-1253'),
  singleByteSet(127, 'iso-8859-6', 'windows-1256'),
  singleByteSet(138, 'iso-8859-8', 'windows-1255'),
  singleByteSet(144, 'iso-8859-5', 'windows-1251'),
  singleByteSet(148, 'iso-8859-9', 'windows-1254'),
  singleByteSet(166, 'iso-8859-11', 'windows-874'),
  singleByteSet(203, 'iso-8859-15', 'windows-1252'),
  { ir: 87, bytesPerCharacter: 2, encoding: eucJp, twin: shiftJis },
  { ir: 159, bytesPerCharacter: 2, encoding: jisX0212Encoding(eucJp), twin: shiftJis },
  { ir: 149, bytesPerCharacter: 2, encoding: cp949Encoding, twin: cp949Encoding },
  { ir: 58, bytesPerCharacter: 2, encoding: gbk, twin: gbk },
];

const setsByNumber: ReadonlyMap<number, GraphicSet> = new Map(sets.map((set) => [set.ir, set]));

/** The set of an ISO-IR number; undefined if DICOM has no such set. */
export function graphicSetOf(ir: number): GraphicSet | undefined {
  return setsByNumber.get(ir);
}

/** ISO-IR numbers by final byte of the escape sequence: 94-character sets, 96-character sets, two-byte sets. */
export const finalBytes = {
  single94: { B: 6, J: 14, I: 13 },
  single96: { A: 100, B: 101, C: 109, D: 110, F: 126, G: 127, H: 138, L: 144, M: 148, T: 166, b: 203 },
  // '@' is the 1978 edition of JIS X 0208: the same repertoire but for a few variant forms.
  double94: { '@': 87, B: 87, D: 159, C: 149, A: 58 },
} as const satisfies Record<string, Record<string, number>>;

/** Replaces what JIS X 0201 romaji has otherwise than ASCII. */
export function toRomaji(text: string): string {
  return text.replaceAll('\\', '¥').replaceAll('~', '‾');
}

function singleByteSet(ir: number, platformLabel: string, twinLabel?: string): GraphicSet {
  return {
    ir,
    bytesPerCharacter: 1,
    encoding: singleByteEncoding(`ISO_IR ${ir}`, platformLabel, 0xa0),
    twin: twinLabel === undefined ? undefined : singleByteEncoding(twinLabel, twinLabel, 0x80),
  };
}

/** EUC-JP reaches JIS X 0212 through the prefix 8F before each character. */
function jisX0212Encoding(eucJp: TextEncoding): TextEncoding {
  return {
    name: 'ISO 2022 IR 159',
    multiByte: true,
    decode(bytes) {
      const prefixed: number[] = [];
      for (let index = 0; index < bytes.length; index++) {
        const byte = bytes[index] ?? 0;
        if (byte < 0x80) prefixed.push(byte);
        else prefixed.push(0x8f, byte, bytes[++index] ?? 0);
      }
      return eucJp.decode(Uint8Array.from(prefixed));
    },
  };
}

function decodeAscii(bytes: Uint8Array): DecodedText {
  if (isAscii(bytes)) return { text: decodeLatin1(bytes), complete: true };
  return { text: decodeLatin1(bytes).replace(/[^\0-\x7f]/g, '\uFFFD'), complete: false };
}
