/** Output in Explicit VR Little Endian on its way out: headers and short values together, long values as they are. */
import { type Tag, Tags } from './tag.ts';
import { hasLongLength, type Vr } from './vr.ts';

/** The length field of sequences and items that end with a delimiter (PS3.5 §7.1). */
export const undefinedLength = 0xffffffff;

const slabBytes = 16 * 1024;
/** Longer values are not copied. */
const copiedBytes = 4 * 1024;
const longestHeaderBytes = 12;
const longestShortValueBytes = 0xffff;

/** Collects pieces of output until they are taken. */
export class ExplicitOutput {
  private pieces: Uint8Array[] = [];
  private slab = Buffer.allocUnsafeSlow(slabBytes);
  /** slab[begun, used) is not among the pieces yet. */
  private begun = 0;
  private used = 0;

  /**
   * Tag, VR and length field of an element (PS3.5 §7.1.2). A value too long for the 16-bit length field of its VR is
   * written as UN (PS3.5 §6.2.2).
   */
  element(tag: Tag, vr: Vr, length: number): void {
    const fits = hasLongLength(vr) || length <= longestShortValueBytes;
    const written: Vr = fits ? vr : 'UN';
    this.reserve(longestHeaderBytes);
    this.tag(tag);
    this.slab[this.used] = written.charCodeAt(0);
    this.slab[this.used + 1] = written.charCodeAt(1);
    this.used += 2;
    if (hasLongLength(written)) {
      this.uint16(0);
      this.uint32(length);
    } else this.uint16(length);
  }

  /** Header of an item or fragment (PS3.5 §7.5, §A.4). */
  item(length: number): void {
    this.marker(Tags.Item, length);
  }

  /** Ends an item of undefined length. */
  endItem(): void {
    this.marker(Tags.ItemDelimitationItem, 0);
  }

  /** Ends a sequence or encapsulated value of undefined length. */
  endSequence(): void {
    this.marker(Tags.SequenceDelimitationItem, 0);
  }

  /** Value bytes; long ones must stay unchanged as long as the output is used. */
  bytes(value: Uint8Array): void {
    if (value.length > copiedBytes) {
      this.flush();
      this.pieces.push(value);
      return;
    }
    this.reserve(value.length);
    this.slab.set(value, this.used);
    this.used += value.length;
  }

  /** What fills a value of odd length (PS3.5 §6.2); nothing if it has an even one. */
  padding(vr: Vr, length: number): void {
    if (length % 2 === 0) return;
    this.reserve(1);
    this.slab[this.used] = paddingByteOf(vr);
    this.used += 1;
  }

  /** Everything since the last call. */
  take(): readonly Uint8Array[] {
    this.flush();
    const { pieces } = this;
    this.pieces = [];
    return pieces;
  }

  private marker(tag: Tag, length: number): void {
    this.reserve(longestHeaderBytes);
    this.tag(tag);
    this.uint32(length);
  }

  private tag(tag: Tag): void {
    this.uint16(tag >>> 16);
    this.uint16(tag & 0xffff);
  }

  private uint16(value: number): void {
    this.slab.writeUInt16LE(value, this.used);
    this.used += 2;
  }

  private uint32(value: number): void {
    this.slab.writeUInt32LE(value, this.used);
    this.used += 4;
  }

  private reserve(length: number): void {
    if (this.slab.length - this.used >= length) return;
    this.flush();
    this.slab = Buffer.allocUnsafeSlow(slabBytes);
    this.begun = 0;
    this.used = 0;
  }

  private flush(): void {
    if (this.used > this.begun) this.pieces.push(this.slab.subarray(this.begun, this.used));
    this.begun = this.used;
  }
}

/** NUL for UIDs and bytes, a space for text (PS3.5 §6.2). */
export function paddingByteOf(vr: Vr): number {
  return vr === 'UI' || vr === 'OB' || vr === 'UN' ? 0x00 : 0x20;
}

/** Values have an even length (PS3.5 §7.1.1). */
export function evenLength(length: number): number {
  return length + (length % 2);
}
