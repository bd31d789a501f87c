/** One data set in many encodings, for tests that say they mean the same. Built on encode.ts, which checks nothing. */
import { deflateRawSync } from 'node:zlib';
import { type TransferSyntax, TransferSyntaxes } from '../src/transfer-syntax.ts';
import type { Vr } from '../src/vr.ts';
import { swapWords, wordBytesOf } from '../src/word-swapper.ts';
import { element, part10, type Style, sequence } from './encode.ts';

/** An element without an encoding. */
export type PlainElement =
  /** Characters; written in the character set of the encoding, padded with a space (UI: NUL). */
  | { readonly tag: number; readonly vr: Vr; readonly text: string }
  /** Bytes as little endian has them. */
  | { readonly tag: number; readonly vr: Vr; readonly bytes: Uint8Array }
  | { readonly tag: number; readonly vr: 'SQ'; readonly items: readonly PlainDataSet[] };

/** Elements in the order they are written. */
export type PlainDataSet = readonly PlainElement[];

/** All that may differ between two encodings of the same. */
export interface PlainEncoding {
  readonly syntax: TransferSyntax;
  readonly characterSet: 'ISO_IR 100' | 'ISO_IR 192';
  readonly definedLengths: boolean;
  readonly groupLengths: boolean;
  readonly trailingPadding: boolean;
  readonly preamble: boolean;
}

/** The simplest: Explicit VR Little Endian, UTF-8. */
export const plainEncoding: PlainEncoding = {
  syntax: TransferSyntaxes.ExplicitVRLittleEndian,
  characterSet: 'ISO_IR 192',
  definedLengths: false,
  groupLengths: false,
  trailingPadding: false,
  preamble: true,
};

const specificCharacterSet = 0x00080005;
const trailingPadding = 0xfffcfffc;

/** A Part 10 file, or a bare data set where the encoding has no preamble. The character set's label is added. */
export function encodePlain(dataSet: PlainDataSet, encoding: PlainEncoding = plainEncoding): Buffer {
  const label: PlainElement = { tag: specificCharacterSet, vr: 'CS', text: encoding.characterSet };
  const padding: PlainElement = { tag: trailingPadding, vr: 'OB', bytes: Buffer.alloc(30) };
  const elements = [label, ...dataSet, ...(encoding.trailingPadding ? [padding] : [])];
  const bytes = encodeElements(elements, encoding);
  if (!encoding.preamble) return bytes;
  return part10(encoding.syntax.deflated ? deflateRawSync(bytes) : bytes, encoding.syntax.uid);
}

function encodeElements(elements: PlainDataSet, encoding: PlainEncoding): Buffer {
  const groups = new Map<number, Buffer[]>();
  for (const plain of elements) {
    const group = groups.get(plain.tag >>> 16) ?? [];
    group.push(encodeElement(plain, encoding));
    groups.set(plain.tag >>> 16, group);
  }
  return Buffer.concat(
    [...groups].flatMap(([group, parts]) => [groupLength(group, parts, encoding), ...parts]),
  );
}

function groupLength(group: number, parts: readonly Buffer[], encoding: PlainEncoding): Buffer {
  if (!encoding.groupLengths) return Buffer.alloc(0);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(Buffer.concat(parts).length);
  return encodeElement({ tag: group * 0x10000, vr: 'UL', bytes }, encoding);
}

function encodeElement(plain: PlainElement, encoding: PlainEncoding): Buffer {
  const style: Style = {
    explicitVr: encoding.syntax.explicitVr,
    littleEndian: encoding.syntax.byteOrder === 'little',
  };
  if ('items' in plain) {
    const items = plain.items.map((item) => encodeElements(item, { ...encoding, groupLengths: false }));
    return sequence(plain.tag, items, { ...style, defined: encoding.definedLengths });
  }
  if ('text' in plain) {
    const charset = encoding.characterSet === 'ISO_IR 192' ? 'utf8' : 'latin1';
    const bytes = Buffer.from(plain.text, charset);
    const padding = bytes.length % 2 === 0 ? '' : plain.vr === 'UI' ? '\0' : ' ';
    return element(plain.tag, plain.vr, Buffer.concat([bytes, Buffer.from(padding)]), style);
  }
  const wordBytes = style.littleEndian === false ? wordBytesOf(plain.vr) : 1;
  return element(
    plain.tag,
    plain.vr,
    wordBytes === 1 ? plain.bytes : swapWords(plain.bytes, wordBytes),
    style,
  );
}

/** The bytes in chunks of that length, as a source of a stream. */
export async function* sourceOf(bytes: Uint8Array, chunkBytes = 4096): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += chunkBytes) yield bytes.subarray(from, from + chunkBytes);
}

/** Everything a stream yields. */
export async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}
