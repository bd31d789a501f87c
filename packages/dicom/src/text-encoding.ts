/**
 * Encodings that stand alone: bytes in, text out, and whether every byte had a meaning. Code extension (ISO 2022)
 * is iso-2022.ts; which encoding is meant is character-set.ts.
 *
 * The platform's TextDecoder does the work where it is right. Three things it gets wrong for DICOM are ours:
 * it reads ISO 8859-1, -9 and -11 as the Windows code pages of their scripts (bytes 80–9F are undefined in the
 * standard's sets, which is how a wrong label is noticed), its EUC-KR lacks the 8,822 syllables CP949 adds
 * (korean-encoding.ts), and it does not know KZ-1048.
 */
import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { decodeCp949 } from './korean-encoding.ts';
import { kz1048UpperHalf } from './kz-1048.ts';

/** Text, and whether all bytes were defined; undefined ones stand as U+FFFD. */
export interface DecodedText {
  readonly text: string;
  readonly complete: boolean;
}

/** One encoding. `decode` never throws. */
export interface TextEncoding {
  readonly name: string;
  /** More than one byte a character: then bytes that fit it are evidence for it. */
  readonly multiByte: boolean;
  decode(bytes: Uint8Array): DecodedText;
}

const replacement = '\uFFFD';

/** Works on any Uint8Array and costs less than making a Buffer first. */
const latin1Slice: (this: Uint8Array, start: number, end: number) => string = Buffer.prototype.latin1Slice;

/** Bytes as ISO 8859-1: every byte is the code point of its number, so the raw bytes can be read back from the text. */
export function decodeLatin1(bytes: Uint8Array, start = 0, end = bytes.length): string {
  return latin1Slice.call(bytes, start, end);
}

/** UTF-8, strict (ISO 10646, term ISO_IR 192). */
export function utf8Encoding(name: string): TextEncoding {
  let decoder: TextDecoder | undefined;
  return {
    name,
    multiByte: true,
    decode(bytes) {
      decoder ??= new TextDecoder('utf-8');
      return { text: decoder.decode(bytes), complete: isUtf8(bytes) };
    },
  };
}

/** A set whose upper half the platform knows; `firstByte` is the lowest byte the set defines above 7F. */
export function singleByteEncoding(name: string, platformLabel: string, firstByte: number): TextEncoding {
  return tableEncoding(name, () => {
    const upperHalf = Uint8Array.from({ length: 128 }, (_, index) => 0x80 + index);
    const characters = new TextDecoder(platformLabel)
      .decode(upperHalf)
      .replace(/[\u0080-\u009f]/g, replacement);
    return replacement.repeat(firstByte - 0x80) + characters.slice(firstByte - 0x80);
  });
}

/** KZ-1048, see kz-1048.ts. */
export const kz1048Encoding = tableEncoding('KZ-1048', () => kz1048UpperHalf);

/** The katakana of JIS X 0201 (ISO-IR 13) in the upper half (A1–DF); the lower half is left as ASCII. */
export function katakanaEncoding(name: string): TextEncoding {
  const codePoints = Array.from({ length: 0x3f }, (_, index) => 0xff61 + index);
  return tableEncoding(name, () => replacement.repeat(0x21) + String.fromCharCode(...codePoints));
}

/** A variable-length encoding of the platform (Shift-JIS, EUC-JP, GBK, GB18030, Big5). */
export function multiByteEncoding(name: string, platformLabel: string): TextEncoding {
  let decoder: TextDecoder | undefined;
  return {
    name,
    multiByte: true,
    decode(bytes) {
      decoder ??= new TextDecoder(platformLabel);
      const text = decoder.decode(bytes);
      return { text, complete: !text.includes(replacement) };
    },
  };
}

/** CP949 (Unified Hangul Code), a superset of EUC-KR. */
export const cp949Encoding: TextEncoding = {
  name: 'CP949',
  multiByte: true,
  decode(bytes) {
    const text = decodeCp949(bytes);
    return { text, complete: !text.includes(replacement) };
  },
};

/** One byte a character; `makeUpperHalf` gives the characters of 80–FF (all of the basic plane), missing = undefined. */
function tableEncoding(name: string, makeUpperHalf: () => string): TextEncoding {
  let upperHalf: string | undefined;
  return {
    name,
    multiByte: false,
    decode(bytes) {
      upperHalf ??= makeUpperHalf();
      let text = '';
      let complete = true;
      for (const byte of bytes) {
        const character = byte < 0x80 ? String.fromCharCode(byte) : (upperHalf[byte - 0x80] ?? replacement);
        if (character === replacement) complete = false;
        text += character;
      }
      return { text, complete };
    },
  };
}
