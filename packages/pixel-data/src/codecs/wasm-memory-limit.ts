/**
 * A bound for the memory of a WebAssembly module. Thread limits of Node count JavaScript's heap only, not WebAssembly
 * memory; a module's own maximum does: growing beyond it fails inside the module as any allocation may.
 */

/** Bytes of a WebAssembly page. */
const pageBytes = 65_536;
const memorySection = 5;

/**
 * The module with the maximum of its own memory lowered to `maximumBytes`; never below what it starts with, and never
 * raised.
 * @throws Error where the binary has no bounded memory of its own: then it is not one of our codecs
 */
export function limitMemory(binary: Uint8Array, maximumBytes: number): Uint8Array<ArrayBuffer> {
  let offset = 8;
  while (offset < binary.length) {
    const id = binary[offset];
    const size = readLeb128(binary, offset + 1);
    const end = size.end + size.value;
    if (id === memorySection)
      return replaceSection(binary, offset, end, limitedSection(binary, size.end, maximumBytes));
    offset = end;
  }
  throw new Error('the WebAssembly module has no memory of its own');
}

/** Section content: one memory, limits of form 1 (minimum and maximum). */
function limitedSection(binary: Uint8Array, from: number, maximumBytes: number): readonly number[] {
  if (binary[from] !== 1 || binary[from + 1] !== 1) throw new Error('the WebAssembly memory has no maximum');
  const minimum = readLeb128(binary, from + 2);
  const maximum = readLeb128(binary, minimum.end);
  const limited = Math.min(maximum.value, Math.max(minimum.value, Math.floor(maximumBytes / pageBytes)));
  const content = [1, 1, ...leb128(minimum.value), ...leb128(limited)];
  return [memorySection, ...leb128(content.length), ...content];
}

function replaceSection(
  binary: Uint8Array,
  from: number,
  to: number,
  section: readonly number[],
): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(binary.length - (to - from) + section.length);
  result.set(binary.subarray(0, from));
  result.set(section, from);
  result.set(binary.subarray(to), from + section.length);
  return result;
}

function readLeb128(bytes: Uint8Array, from: number): { readonly value: number; readonly end: number } {
  let value = 0;
  let offset = from;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[offset] ?? 0;
    offset += 1;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, end: offset };
  }
}

function leb128(value: number): readonly number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...leb128(Math.floor(value / 128))];
}
