/** Overlay planes of a frame (PS3.3 C.9.2, C.9.3): repeating groups 6000 to 601E. */
import { type ByteOrder, type DataSet, intOf, intsOf, stringOf, type Tag } from '@sandyq/dicom';
import type { OverlaySource } from './make-picture.ts';

const FIRST_GROUP = 0x6000;
const GROUPS = 16;

/** Elements of an overlay group. */
const ROWS = 0x0010;
const COLUMNS = 0x0011;
const FRAMES = 0x0015;
const ORIGIN = 0x0050;
const FRAME_ORIGIN = 0x0051;
const BITS_ALLOCATED = 0x0100;
const BIT_POSITION = 0x0102;
const ACTIVATION_LAYER = 0x1001;
const DATA = 0x3000;

/** The planes that lie on the frame (from 0). `isWanted` chooses groups; all of them by default. */
export function overlaysOf(
  dataSet: DataSet,
  byteOrder: ByteOrder,
  frameIndex: number,
  isWanted: (group: number, activationLayer: string | undefined) => boolean = () => true,
): readonly OverlaySource[] {
  const overlays: OverlaySource[] = [];
  for (let number = 0; number < GROUPS; number++) {
    const group = FIRST_GROUP + 2 * number;
    const tagOf = (element: number): Tag => group * 0x10000 + element;
    if (!isWanted(group, stringOf(dataSet, tagOf(ACTIVATION_LAYER)))) continue;
    const overlay = overlayOf(dataSet, { tagOf, byteOrder, frameIndex });
    if (overlay !== undefined) overlays.push(overlay);
  }
  return overlays;
}

function overlayOf(
  dataSet: DataSet,
  {
    tagOf,
    byteOrder,
    frameIndex,
  }: {
    readonly tagOf: (element: number) => Tag;
    readonly byteOrder: ByteOrder;
    readonly frameIndex: number;
  },
): OverlaySource | undefined {
  const read = (element: number) => intOf(dataSet, tagOf(element), byteOrder);
  const [rows = 0, columns = 0] = [read(ROWS), read(COLUMNS)];
  if (rows < 1 || columns < 1) return undefined;
  const data = dataSet.elements.get(tagOf(DATA));
  if (data === undefined) {
    const bitPosition = read(BIT_POSITION) ?? 0;
    return (read(BITS_ALLOCATED) ?? 1) > 1 && bitPosition > 0 ? { bitPosition } : undefined;
  }
  if (data.value === undefined) return undefined;
  // Which frame of the image the first one of the overlay lies on (C.9.3.1.1); without that it lies on all.
  const frames = read(FRAMES) ?? 1;
  const plane = frames > 1 ? frameIndex - ((read(FRAME_ORIGIN) ?? 1) - 1) : 0;
  if (plane < 0 || plane >= frames) return undefined;
  const isSwapped = (dataSet.byteOrder ?? byteOrder) === 'big' && data.vr === 'OW';
  const bits = bitsOf(isSwapped ? swapped(data.value) : data.value, plane * rows * columns, rows * columns);
  if (bits === undefined) return undefined;
  const [row = 1, column = 1] = intsOf(dataSet, tagOf(ORIGIN), byteOrder) ?? [];
  return { rows, columns, origin: [row, column], bits };
}

/** So many bits from a bit on, the first in the lowest place; undefined where they are not all there. */
function bitsOf(bytes: Uint8Array, first: number, count: number): Uint8Array | undefined {
  if (first + count > bytes.length * 8) return undefined;
  if (first % 8 === 0) {
    // A copy: what crosses threads must not drag the buffer of the data set along.
    return Uint8Array.from(bytes.subarray(first / 8, first / 8 + Math.ceil(count / 8)));
  }
  const bits = new Uint8Array(Math.ceil(count / 8));
  for (let index = 0; index < count; index++) {
    const at = first + index;
    const bit = ((bytes[at >> 3] ?? 0) >> (at & 7)) & 1;
    bits[index >> 3] = (bits[index >> 3] ?? 0) | (bit << (index & 7));
  }
  return bits;
}

function swapped(bytes: Uint8Array): Uint8Array {
  return Buffer.from(bytes.subarray(0, bytes.length & ~1)).swap16();
}
