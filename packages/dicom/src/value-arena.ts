/** Copies small values out of chunks, so that a value never keeps its chunk alive. */

const firstSlabBytes = 4096;
const largestSlabBytes = 65_536;
const emptyValue: Uint8Array = Buffer.alloc(0);

/** An append-only store of values; a value shares its slab with its neighbours. */
export class ValueArena {
  private slab = Buffer.alloc(0);
  private used = 0;
  private nextSlabBytes = firstSlabBytes;

  /** A copy of bytes[start, start+length). */
  copy(bytes: Uint8Array, start: number, length: number): Uint8Array {
    if (length === 0) return emptyValue;
    if (length > this.slab.length - this.used) this.renew(length);
    const from = this.used;
    this.used += length;
    this.slab.set(bytes.subarray(start, start + length), from);
    return this.slab.subarray(from, this.used);
  }

  private renew(length: number): void {
    this.slab = Buffer.allocUnsafeSlow(Math.max(length, this.nextSlabBytes));
    this.used = 0;
    this.nextSlabBytes = Math.min(this.nextSlabBytes * 2, largestSlabBytes);
  }
}
