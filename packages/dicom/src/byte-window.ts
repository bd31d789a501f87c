/**
 * The bytes a push parser looks at: the newest chunk as it came, or, where something was cut by the end of a chunk,
 * a small carry buffer filled just as far as needed. Chunks are never joined and never kept after `release`.
 */

const empty = new Uint8Array(0);
const firstCarryBytes = 256;

/** A forward-only view of a stream of chunks. Offsets count from the first byte fed (plus `firstOffset`). */
export class ByteWindow {
  /** What is visible; the unread part is [position, limit). */
  bytes: Uint8Array = empty;
  view: DataView = viewOf(empty);
  position = 0;
  limit = 0;
  /** Stream offset of bytes[0]. */
  private base: number;
  private carry = new Uint8Array(firstCarryBytes);
  private carryView = viewOf(this.carry);
  /** The newest chunk from `sourcePosition` on is not visible yet: the carry comes first. */
  private source: Uint8Array = empty;
  private sourcePosition = 0;

  constructor(firstOffset = 0) {
    this.base = firstOffset;
  }

  /** Stream offset of the next unread byte. */
  get offset(): number {
    return this.base + this.position;
  }

  /** Bytes that are here and unread. */
  get available(): number {
    return this.limit - this.position + this.source.length - this.sourcePosition;
  }

  /** Adds a chunk; the one before must have been used up or released. */
  feed(chunk: Uint8Array): void {
    this.source = chunk;
    this.sourcePosition = 0;
    if (this.position === this.limit) this.showSource();
  }

  /** Makes `count` bytes visible from `position` on; false if they have not all come yet. */
  ensure(count: number): boolean {
    return this.limit - this.position >= count || this.refill(count);
  }

  /** Whether the next `count` bytes, which must be visible, are all 0. */
  isZero(count: number): boolean {
    for (let index = this.position; index < this.position + count; index += 1) {
      if (this.bytes[index] !== 0) return false;
    }
    return true;
  }

  /** Passes by up to `count` bytes without copying; returns how many. The passed part is given to `take`. */
  skip(count: number, take?: (passed: Uint8Array) => void): number {
    if (this.position === this.limit) this.showSource();
    const passed = Math.min(count, this.limit - this.position);
    if (take !== undefined && passed > 0) take(this.bytes.subarray(this.position, this.position + passed));
    this.position += passed;
    return passed;
  }

  /** Lets go of the newest chunk: what is unread is copied. */
  release(): void {
    if (this.position === this.limit) this.showSource();
    const rest = this.available;
    if (rest > 0) this.gather(rest);
    else this.show(empty, 0, this.offset);
    this.source = empty;
    this.sourcePosition = 0;
  }

  private refill(count: number): boolean {
    if (this.position === this.limit) {
      if (this.sourcePosition === this.source.length) return false;
      this.showSource();
      if (this.limit - this.position >= count) return true;
    }
    return this.gather(count);
  }

  /** Fills the carry until it holds `count` unread bytes or the chunk is used up. */
  private gather(count: number): boolean {
    this.moveToCarry();
    const room = count - this.limit;
    const taken = Math.min(room, this.source.length - this.sourcePosition);
    this.reserve(this.limit + taken);
    this.carry.set(this.source.subarray(this.sourcePosition, this.sourcePosition + taken), this.limit);
    this.sourcePosition += taken;
    this.limit += taken;
    return taken === room;
  }

  /** Moves the unread visible bytes to the start of the carry and makes the carry visible. */
  private moveToCarry(): void {
    const rest = this.limit - this.position;
    if (this.bytes === this.carry) {
      if (this.position > 0) this.carry.copyWithin(0, this.position, this.limit);
    } else {
      const unread = this.bytes.subarray(this.position, this.limit);
      this.limit = 0;
      this.reserve(rest);
      this.carry.set(unread);
    }
    this.base += this.position;
    this.bytes = this.carry;
    this.view = this.carryView;
    this.position = 0;
    this.limit = rest;
  }

  private reserve(size: number): void {
    if (size <= this.carry.length) return;
    const larger = new Uint8Array(Math.max(size, this.carry.length * 2));
    larger.set(this.carry.subarray(0, this.limit));
    const visible = this.bytes === this.carry;
    this.carry = larger;
    this.carryView = viewOf(larger);
    if (!visible) return;
    this.bytes = larger;
    this.view = this.carryView;
  }

  private showSource(): void {
    const offset = this.offset;
    const { source, sourcePosition } = this;
    this.source = empty;
    this.sourcePosition = 0;
    this.show(source, sourcePosition, offset - sourcePosition);
  }

  private show(bytes: Uint8Array, position: number, base: number): void {
    this.bytes = bytes;
    this.view = viewOf(bytes);
    this.position = position;
    this.limit = bytes.length;
    this.base = base;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
