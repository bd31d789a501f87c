/** Lookup tables as they stand in a data set: LUT items (PS3.3 C.11.1, C.11.2) and palettes (C.7.9). */
import { type ByteOrder, type DataSet, intsOf, type Tag, Tags } from '@sandyq/dicom';
import type { Palette } from './colour-picture.ts';
import { type LookupTable, readLookupTable } from './lookup-table.ts';
import { expandSegments } from './segmented-palette.ts';

/** The table of an item with LUT Descriptor and LUT Data; undefined where it has none that makes sense. */
export function tableOfItem(item: DataSet, byteOrder: ByteOrder, isSigned: boolean): LookupTable | undefined {
  const descriptor = intsOf(item, Tags.LUTDescriptor, byteOrder);
  const data = wordsOf(item, Tags.LUTData, byteOrder);
  if (descriptor === undefined || data === undefined) return undefined;
  // An SS descriptor says by itself that its values are signed (C.11.2.1.1).
  const saysSigned = item.elements.get(Tags.LUTDescriptor)?.vr === 'SS';
  return readLookupTable(descriptor, data, isSigned || saysSigned);
}

const channels = [
  {
    descriptor: Tags.RedPaletteColorLookupTableDescriptor,
    data: Tags.RedPaletteColorLookupTableData,
    segments: Tags.SegmentedRedPaletteColorLookupTableData,
  },
  {
    descriptor: Tags.GreenPaletteColorLookupTableDescriptor,
    data: Tags.GreenPaletteColorLookupTableData,
    segments: Tags.SegmentedGreenPaletteColorLookupTableData,
  },
  {
    descriptor: Tags.BluePaletteColorLookupTableDescriptor,
    data: Tags.BluePaletteColorLookupTableData,
    segments: Tags.SegmentedBluePaletteColorLookupTableData,
  },
] as const;

/** The palette of a data set, plain or in segments; undefined where it has none that makes sense. */
export function paletteOf(dataSet: DataSet, byteOrder: ByteOrder): Palette | undefined {
  const isSigned = intsOf(dataSet, Tags.PixelRepresentation, byteOrder)?.[0] === 1;
  const [red, green, blue] = channels.map((channel) => channelOf(dataSet, channel, { byteOrder, isSigned }));
  return red === undefined || green === undefined || blue === undefined ? undefined : [red, green, blue];
}

function channelOf(
  dataSet: DataSet,
  { descriptor, data, segments }: (typeof channels)[number],
  { byteOrder, isSigned }: { readonly byteOrder: ByteOrder; readonly isSigned: boolean },
): LookupTable | undefined {
  const numbers = intsOf(dataSet, descriptor, byteOrder);
  if (numbers === undefined) return undefined;
  const words = wordsOf(dataSet, data, byteOrder);
  if (words !== undefined) return readLookupTable(numbers, words, isSigned);
  const packed = wordsOf(dataSet, segments, byteOrder);
  const isBytes = (numbers[2] ?? 0) <= 8;
  const entries = packed && expandSegments(isBytes ? bytesOf(packed) : packed);
  return entries && readLookupTable(numbers, entries, isSigned);
}

/** 8-bit segments lie two to a word, low byte first. */
function bytesOf(words: Uint16Array): Uint16Array {
  const bytes = new Uint16Array(words.length * 2);
  for (const [index, word] of words.entries()) bytes.set([word & 0xff, word >> 8], index * 2);
  return bytes;
}

/** 16-bit words of a value, whatever VR it came in; undefined where absent, empty or not kept. */
function wordsOf(dataSet: DataSet, tag: Tag, fileOrder: ByteOrder): Uint16Array | undefined {
  const element = dataSet.elements.get(tag);
  const value = element?.value;
  if (element === undefined || value === undefined || value.length < 2) return undefined;
  const order = dataSet.byteOrder ?? fileOrder;
  // OB has no byte order; it lies as in little endian.
  const isLittle = order === 'little' || element.vr === 'OB' || element.vr === 'UN';
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  return Uint16Array.from({ length: value.length >> 1 }, (_, index) => view.getUint16(index * 2, isLittle));
}
