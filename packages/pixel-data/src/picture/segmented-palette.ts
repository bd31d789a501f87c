/** Segmented Palette Color Lookup Table Data (PS3.3 C.7.9.2): segments that a full table is expanded from. */

const DISCRETE = 0;
const LINEAR = 1;
const INDIRECT = 2;
/** The largest table there is. */
const MOST_ENTRIES = 65_536;

/**
 * The entries of a segmented table; undefined where the segments contradict themselves or each other.
 * @param words 16-bit words of the value; of 8-bit tables each half is a word of its own, low first
 */
export function expandSegments(words: Uint16Array): Uint16Array<ArrayBuffer> | undefined {
  const entries: number[] = [];
  const end = readSegments(words, { position: 0, segments: Number.POSITIVE_INFINITY }, entries, true);
  return end === undefined || entries.length === 0 ? undefined : Uint16Array.from(entries);
}

/** Reads segments on; undefined where one is broken. Indirect segments repeat others, which are none of that kind. */
function readSegments(
  words: Uint16Array,
  { position, segments }: { position: number; segments: number },
  entries: number[],
  mayRepeat: boolean,
): number | undefined {
  let at = position;
  for (let read = 0; read < segments && at + 1 < words.length; read++) {
    const kind = words[at] ?? 0;
    const length = words[at + 1] ?? 0;
    const start = at + 2;
    // The padding of an odd length looks like an empty segment.
    if (length === 0) return at;
    const next = start + (kind === DISCRETE ? length : kind === LINEAR ? 1 : 2);
    if (next > words.length || entries.length + length > MOST_ENTRIES) return undefined;
    if (kind === DISCRETE) for (const word of words.subarray(start, next)) entries.push(word);
    else if (kind === LINEAR) pushLine(entries, length, words[start] ?? 0);
    else if (kind !== INDIRECT || !mayRepeat) return undefined;
    else {
      // The offset is of bytes, low word first.
      const offset = ((words[start] ?? 0) + (words[start + 1] ?? 0) * 0x10000) / 2;
      const source = { position: offset, segments: length };
      if (!Number.isInteger(offset) || readSegments(words, source, entries, false) === undefined)
        return undefined;
    }
    at = next;
  }
  return at;
}

/** From the entry before to `last`, in equal steps. */
function pushLine(entries: number[], length: number, last: number): void {
  const first = entries.at(-1) ?? 0;
  for (let step = 1; step <= length; step++) {
    entries.push(Math.round(first + ((last - first) * step) / length));
  }
}
