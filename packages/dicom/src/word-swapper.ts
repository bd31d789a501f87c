/** Turns big-endian words into little-endian ones while they stream by (PS3.5 §7.3). */
import type { Vr } from './vr.ts';

/** Bytes of a word; 1 = nothing to turn. */
export type WordBytes = 1 | 2 | 4 | 8;

const wordSizes: Readonly<Partial<Record<Vr, WordBytes>>> = {
  US: 2,
  SS: 2,
  OW: 2,
  AT: 2,
  UL: 4,
  SL: 4,
  FL: 4,
  OF: 4,
  OL: 4,
  FD: 8,
  SV: 8,
  UV: 8,
  OD: 8,
  OV: 8,
};

/**
 * Size of the words a value of that VR consists of (PS3.5 Table 6.2-1): AT is pairs of 16-bit numbers, text and OB are
 * bytes, UN is little endian in any transfer syntax (§6.2.2).
 */
export function wordBytesOf(vr: Vr): WordBytes {
  return wordSizes[vr] ?? 1;
}

/** A copy with each word turned; a cut word at the end stays as it is. */
export function swapWords(bytes: Uint8Array, wordBytes: WordBytes): Uint8Array {
  const swapped = Buffer.from(bytes);
  const words = swapped.subarray(0, swapped.length - (swapped.length % wordBytes));
  if (wordBytes === 2) words.swap16();
  else if (wordBytes === 4) words.swap32();
  else if (wordBytes === 8) words.swap64();
  return swapped;
}

/** State between the pieces of one value: at most one cut word. */
export class WordSwapper {
  private readonly wordBytes: WordBytes;
  private cut: Uint8Array = new Uint8Array(0);

  constructor(wordBytes: WordBytes) {
    this.wordBytes = wordBytes;
  }

  /** The whole words that this piece completes; always a copy. */
  push(piece: Uint8Array): Uint8Array {
    const joined = this.cut.length === 0 ? piece : Buffer.concat([this.cut, piece]);
    const whole = joined.length - (joined.length % this.wordBytes);
    this.cut = Buffer.from(joined.subarray(whole));
    return swapWords(joined.subarray(0, whole), this.wordBytes);
  }

  /** The bytes of a cut word at the end of the value, as they came. */
  end(): Uint8Array {
    return this.cut;
  }
}
