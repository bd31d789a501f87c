/** A lookup table of a data set: Modality, VOI and Presentation LUTs (PS3.3 C.11.1.1.1, C.11.2.1.1). */

/** LUT Descriptor and LUT Data, with the descriptor's peculiarities undone by readLookupTable. */
export interface LookupTable {
  /** Stored value that the first entry is for; below it too. */
  readonly firstMapped: number;
  /** Unsigned entries. */
  readonly entries: Uint8Array | Uint16Array;
  /** Bits of an entry. */
  readonly bits: number;
}

/**
 * Makes a table of LUT Descriptor and LUT Data; undefined where they do not fit each other.
 * @param descriptor number of entries (0 = 65,536), first value mapped, bits of an entry (8 to 16)
 * @param data 16-bit entries; 8-bit entries two to a word, low byte first, are understood too
 * @param isSigned whether the first value mapped is signed: it goes with Pixel Representation, whatever VR it came in
 */
export function readLookupTable(
  descriptor: readonly number[],
  data: Uint16Array,
  isSigned: boolean,
): LookupTable | undefined {
  const [stated = 0, first = 0, bits = 0] = descriptor;
  const count = stated === 0 ? 65_536 : stated & 0xffff;
  if (descriptor.length !== 3 || bits < 1 || bits > 16) return undefined;
  const unsigned = first & 0xffff;
  const firstMapped = isSigned && unsigned > 0x7fff ? unsigned - 0x10000 : unsigned;
  if (data.length >= count) return { firstMapped, entries: data.subarray(0, count), bits };
  if (bits > 8 || data.length < Math.ceil(count / 2)) return undefined;
  const entries = Uint8Array.from(
    { length: count },
    (_, index) => ((data[index >> 1] ?? 0) >> (8 * (index & 1))) & 0xff,
  );
  return { firstMapped, entries, bits };
}

/** The entry for a value; values outside the table take its first or last entry. */
export function lookUp({ firstMapped, entries }: LookupTable, value: number): number {
  const index = Math.min(Math.max(Math.trunc(value) - firstMapped, 0), entries.length - 1);
  return entries[index] ?? 0;
}
