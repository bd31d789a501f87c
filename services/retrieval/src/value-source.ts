/** One value of an instance as little-endian bytes: read in place where it lies so, converted where it does not. */
import type { InstanceLocation } from '@sandyq/database';
import {
  type NativePixelDataLayout,
  transferSyntaxOf,
  type WordBytes,
  WordSwapper,
  wordBytesOf,
} from '@sandyq/dicom';
import type { ByteRange } from '@sandyq/storage';
import { bulkValue } from './bulk-value.ts';
import type { RetrievalDependencies } from './dependencies.ts';
import { type Reader, readEntry } from './read-entry.ts';

/** A value. */
export type ValueSource =
  /** Of known length, to be read from anywhere. */
  | {
      readonly kind: 'in-place';
      readonly length: number;
      readonly open: (range: ByteRange) => AsyncIterable<Uint8Array>;
    }
  /** Only found by reading the data set; empty if it is not there. */
  | { readonly kind: 'passing'; readonly open: () => AsyncIterable<Uint8Array> };

/** The value at a path of the bulk table; undefined where the table has none. */
export function valueAt(
  dependencies: RetrievalDependencies,
  location: InstanceLocation,
  path: string,
  reader: Reader,
): ValueSource | undefined {
  const syntax = transferSyntaxOf(location.transferSyntaxUid);
  const passing = passingValue(dependencies, location, path, reader);
  if (syntax?.deflated === true) return passing;
  const element = location.bulkData.find((bulk) => bulk.path === path);
  if (element === undefined || syntax?.byteOrder !== 'big') {
    return element && inPlace(dependencies, location, { ...element, wordBytes: 1 }, reader);
  }
  // Sequences of VR UN are little endian inside big-endian data sets (PS3.5 §6.2.2).
  if (path.includes('/')) return passing;
  return inPlace(dependencies, location, { ...element, wordBytes: wordBytesOf(element.vr) }, reader);
}

/** The value of native pixel data, that of the element at `path`. */
export function nativePixelData(
  dependencies: RetrievalDependencies,
  location: InstanceLocation,
  { layout, path }: { readonly layout: NativePixelDataLayout; readonly path: string },
  reader: Reader,
): ValueSource {
  if (layout.deflated === true) return passingValue(dependencies, location, path, reader);
  return inPlace(dependencies, location, { ...layout, wordBytes: layout.swappedWordBytes ?? 1 }, reader);
}

function passingValue(
  dependencies: RetrievalDependencies,
  location: InstanceLocation,
  path: string,
  reader: Reader,
): ValueSource {
  const open = () => bulkValue(readEntry(dependencies, location, reader), (found) => found === path);
  return { kind: 'passing', open };
}

/** A value field of the entry. */
interface StoredValue extends ByteRange {
  /** Size of the big-endian words it consists of; 1 = none. */
  readonly wordBytes: WordBytes;
}

function inPlace(
  dependencies: RetrievalDependencies,
  location: InstanceLocation,
  { offset, length, wordBytes }: StoredValue,
  reader: Reader,
): ValueSource {
  const open = (wanted: ByteRange) => {
    const from = Math.floor(wanted.offset / wordBytes) * wordBytes;
    const to = Math.min(length, Math.ceil((wanted.offset + wanted.length) / wordBytes) * wordBytes);
    const stored = readEntry(dependencies, location, reader, { offset: offset + from, length: to - from });
    if (wordBytes === 1) return stored;
    return sliced(swapped(stored, wordBytes), { offset: wanted.offset - from, length: wanted.length });
  };
  return { kind: 'in-place', length, open };
}

async function* swapped(source: AsyncIterable<Uint8Array>, wordBytes: WordBytes): AsyncGenerator<Uint8Array> {
  const swapper = new WordSwapper(wordBytes);
  for await (const chunk of source) yield swapper.push(chunk);
  yield swapper.end();
}

/** Bytes [offset, offset + length) of a source. */
async function* sliced(
  source: AsyncIterable<Uint8Array>,
  { offset, length }: ByteRange,
): AsyncGenerator<Uint8Array> {
  let position = 0;
  for await (const chunk of source) {
    const piece = chunk.subarray(Math.max(0, offset - position), Math.max(0, offset + length - position));
    position += chunk.length;
    if (piece.length > 0) yield piece;
  }
}
