/** A file as a flat list of its values, for comparing two encodings element by element. */
import type { DataSet } from '../src/data-set.ts';
import { readPart10 } from '../src/part10-reader.ts';
import { tagToHex } from '../src/tag.ts';
import { swapWords, wordBytesOf } from '../src/word-swapper.ts';

/** 'VR hex of the value in little endian, padded to even length' by path ('00880200/1/00280010'). */
export type FlatFile = ReadonlyMap<string, string>;

const mebibyte = 1024 * 1024;
const leftOut = new Set([0x00080001, 0xfffcfffc]);

/** Everything but group lengths, Length to End and trailing padding; sequences and items as 'SQ' and their count. */
export function flatten(bytes: Uint8Array): FlatFile {
  const bulk = new Map<string, Buffer[]>();
  const file = readPart10(bytes, {
    limits: { keptValueBytes: mebibyte, keptBinaryValueBytes: mebibyte },
    onBulkData: ({ path }, piece) => {
      const pieces = bulk.get(path) ?? [];
      pieces.push(Buffer.from(piece));
      bulk.set(path, pieces);
    },
  });
  const flat = new Map<string, string>();
  add(flat, '', file.dataSet, bulk, file.transferSyntax.pixelDataByteOrder);
  return flat;
}

function add(
  flat: Map<string, string>,
  prefix: string,
  dataSet: DataSet,
  bulk: ReadonlyMap<string, readonly Buffer[]>,
  pixelDataByteOrder: string,
): void {
  for (const { tag, vr, value, items } of dataSet.elements.values()) {
    if ((tag & 0xffff) === 0 || leftOut.has(tag)) continue;
    const path = prefix + tagToHex(tag);
    if (items !== undefined) {
      flat.set(path, `SQ ${items.length}`);
      for (const [index, item] of items.entries()) {
        add(flat, `${path}/${index + 1}/`, item, bulk, pixelDataByteOrder);
      }
      continue;
    }
    const stored = value ?? Buffer.concat(bulk.get(path) ?? []);
    const isBig = (path === '7FE00010' ? pixelDataByteOrder : dataSet.byteOrder) === 'big';
    const little = isBig ? swapWords(stored, wordBytesOf(vr)) : stored;
    const padding = little.length % 2 === 0 ? '' : 'pad';
    flat.set(path, `${vr} ${Buffer.from(little).toString('hex')}${padding}`);
  }
}
