// Checks of byte ranges that every adapter makes in the same way.
import { StorageError } from './errors.ts';
import { type ByteRange, maximumRangeBytes } from './object-store.ts';

/** Throws `invalid-argument` unless offset and length are whole, not negative, and their sum is exact. */
export function assertRange(range: ByteRange): void {
  const { offset, length } = range;
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
  if (whole && offset >= 0 && length >= 0 && Number.isSafeInteger(offset + length)) return;
  throw new StorageError('invalid-argument', `no byte range: offset ${offset}, length ${length}`);
}

/** The range itself, or the whole object of `size` bytes; throws `short-read` if the object ends before the range. */
export function rangeWithin(key: string, size: number, range: ByteRange | undefined): ByteRange {
  if (range === undefined) return { offset: 0, length: size };
  if (range.offset + range.length <= size) return range;
  throw new StorageError(
    'short-read',
    `${key} has ${size} bytes, wanted are ${range.length} from ${range.offset} on`,
  );
}

/** As {@link assertRange}; throws `invalid-argument` too for a range that is too long for one buffer. */
export function assertShortRange(range: ByteRange): void {
  assertRange(range);
  if (range.length <= maximumRangeBytes) return;
  throw new StorageError('invalid-argument', `a range of ${range.length} bytes is no short one`);
}

/** Memory for a range, with whatever is in it. */
export function newMemory(length: number): Buffer {
  return Buffer.allocUnsafeSlow(length);
}
