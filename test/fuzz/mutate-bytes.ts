/** Changes of bytes that know nothing of what they mean. */
import type { SeededRandom } from '../support/seeded-random.ts';

const NUMBERS = [
  0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];

/** Changes bytes within `[from, to)` of a buffer in one way of several; empty buffers stay as they are. */
export function mutateBytes(bytes: Buffer, random: SeededRandom, from = 0, to = bytes.length): Buffer {
  const end = Math.min(to, bytes.length);
  if (from >= end) return bytes;
  const at = random.integer(from, end);
  const length = Math.min(random.integer(1, 64), end - at);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at + length)];
  switch (random.integer(0, 8)) {
    case 0:
      return patched(bytes, (copy) => copy.writeUInt8(copy.readUInt8(at) ^ (1 << random.integer(0, 8)), at));
    case 1:
      return patched(bytes, (copy) => copy.writeUInt8(random.integer(0, 256), at));
    case 2:
      return patched(bytes, (copy) => random.bytes(length).copy(copy, at));
    case 3:
      return Buffer.concat([before, after]);
    case 4:
      return Buffer.concat([before, random.bytes(length), bytes.subarray(at)]);
    case 5:
      return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
    case 6:
      return Buffer.from(bytes.subarray(0, at));
    default:
      return patched(bytes, (copy) => writeNumber(copy, at, random));
  }
}

function patched(bytes: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}

/** A number on the edge of something, of 16 or 32 bits, where there is room for it. */
function writeNumber(bytes: Buffer, at: number, random: SeededRandom): void {
  const value = random.pick(NUMBERS);
  if (at + 4 <= bytes.length && random.next() < 0.5) bytes.writeUInt32LE(value, at);
  else if (at + 2 <= bytes.length) bytes.writeUInt16LE(value & 0xffff, at);
}
