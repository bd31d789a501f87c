/** Offset tables of encapsulated pixel data: bytes to numbers, nothing is checked against the fragments here. */

/** Entries of a Basic Offset Table (PS3.5 §A.4): 32-bit little endian in view[start, start+length). */
export function readBasicOffsets(view: DataView, start: number, length: number): readonly number[] {
  const count = Math.floor(length / 4);
  return Array.from({ length: count }, (_, index) => view.getUint32(start + index * 4, true));
}

/** Entries of an Extended Offset Table (PS3.3 C.7.6.3.1.8): 64-bit little endian; undefined without a value. */
export function readExtendedOffsets(value: Uint8Array | undefined): readonly number[] | undefined {
  if (value === undefined || value.length === 0) return undefined;
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const count = Math.floor(value.length / 8);
  return Array.from({ length: count }, (_, index) => Number(view.getBigUint64(index * 8, true)));
}
