/** Compares two data sets element by element, values as bytes: what a conversion of pixels must leave alone. */
import { type DataSet, type Part10File, readPart10, Tags, tagToHex } from '@sandyq/dicom';

/** A file and what was read of it. */
interface ReadFile {
  readonly bytes: Buffer;
  readonly file: Part10File;
}

/** Left out on purpose: they describe the encoding, as group lengths do (PS3.5 §7.2). */
const OF_THE_ENCODING: ReadonlySet<number> = new Set([
  Tags.LengthToEnd,
  Tags.DataSetTrailingPadding,
  Tags.ExtendedOffsetTable,
  Tags.ExtendedOffsetTableLengths,
  Tags.EncapsulatedPixelDataValueTotalLength,
]);

/**
 * Paths of the elements that differ, or that only one has; pixel data of the top level is not looked at. Both files are
 * little endian and not deflated.
 */
export function differingElements(left: Buffer, right: Buffer): string[] {
  const [one, other] = [elementsOf(left), elementsOf(right)];
  const paths = new Set([...one.keys(), ...other.keys()]);
  return [...paths].filter((path) => one.get(path) !== other.get(path)).sort();
}

/** How many elements there are to compare, and how many of them are private. */
export function countElements(bytes: Buffer): { readonly all: number; readonly ofPrivate: number } {
  const paths = [...elementsOf(bytes).keys()];
  return {
    all: paths.length,
    ofPrivate: paths.filter((path) => isPrivate(path.split('/').at(-1) ?? '')).length,
  };
}

function isPrivate(tag: string): boolean {
  return Number.parseInt(tag.slice(0, 4), 16) % 2 === 1;
}

function elementsOf(bytes: Buffer): Map<string, string> {
  const found = new Map<string, string>();
  const read = { bytes, file: readPart10(bytes) };
  collect(read.file.dataSet, '', read, found);
  return found;
}

function collect(dataSet: DataSet, prefix: string, read: ReadFile, found: Map<string, string>): void {
  for (const { tag, vr, offset, length, value, items } of dataSet.elements.values()) {
    const isTopPixels = prefix === '' && tag === Tags.PixelData;
    if (isTopPixels || (tag & 0xffff) === 0 || OF_THE_ENCODING.has(tag)) continue;
    const path = `${prefix}${tagToHex(tag)}`;
    if (items === undefined) {
      const stored = Buffer.from(value ?? read.bytes.subarray(offset, offset + length));
      found.set(path, `${vr} ${evenly(stored).toString('hex')}`);
      continue;
    }
    found.set(path, `${items.length} items`);
    for (const [index, item] of items.entries()) collect(item, `${path}/${index + 1}/`, read, found);
  }
}

/** Values of odd length are met in the field; a writer pads them. */
function evenly(value: Buffer): Buffer {
  return value.length % 2 === 0 ? value : Buffer.concat([value, Buffer.of(0)]);
}
