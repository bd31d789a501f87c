/**
 * Writes the data set that a reader visits in Explicit VR Little Endian, with other pixel data and the attributes that
 * go with it. Everything else keeps its bytes, or changes its byte order only. The pixel data itself comes from outside:
 * output is in two halves, what stands before it and what comes after.
 */
import type { Element } from './data-set.ts';
import { isPixelDataTag } from './data-set-builder.ts';
import type { DataSetVisitor, ElementStart } from './data-set-visitor.ts';
import { ExplicitLittleEndianWriter } from './explicit-little-endian-writer.ts';
import { type Tag, Tags } from './tag.ts';
import type { TransferSyntax } from './transfer-syntax.ts';
import type { Vr } from './vr.ts';

/** An attribute of the data set that gets another value. Little endian. */
export interface NewValue {
  readonly vr: Vr;
  readonly value: Uint8Array;
}

/** What changes besides the pixel data. */
export interface NewValues {
  /** Top-level attributes by tag: put in the place of those there, or added. */
  readonly attributes: ReadonlyMap<Tag, NewValue>;
  /** Values anywhere, by the offset of their value field as the reader tells it: icons, and what describes them. */
  readonly atOffsets: ReadonlyMap<number, NewValue>;
}

/** These say where frames of encapsulated pixel data were (PS3.3 C.7.6.3). */
const describesFragments: ReadonlySet<Tag> = new Set([
  Tags.ExtendedOffsetTable,
  Tags.ExtendedOffsetTableLengths,
  Tags.EncapsulatedPixelDataValueTotalLength,
]);

/** Collects output until it is taken. */
export class PixelDataReplacer implements DataSetVisitor {
  /** Whether the place of the pixel data has been passed. */
  hasPassed = false;
  /** What stands before the pixel data; set when that begins. */
  before: readonly Uint8Array[] = [];
  private readonly writer: ExplicitLittleEndianWriter;
  private readonly values: NewValues;
  /** Attributes to be added, ascending. */
  private missing: readonly Tag[];
  private depth = 0;
  private isSkipping = false;

  constructor(syntaxOf: () => TransferSyntax, values: NewValues) {
    this.writer = new ExplicitLittleEndianWriter(syntaxOf);
    this.values = values;
    this.missing = [...values.attributes.keys()].sort((left, right) => left - right);
  }

  /** As in ExplicitLittleEndianWriter. */
  beginChunk(chunk: Uint8Array): void {
    this.writer.beginChunk(chunk);
  }

  /** What has been written since the last call, `before` apart. */
  take(): readonly Uint8Array[] {
    return this.writer.take();
  }

  onElement(element: Element): void {
    const { tag, offset } = element;
    if (this.isReplaced(tag)) return;
    const other = this.values.atOffsets.get(offset);
    if (other === undefined) this.writer.onElement(element);
    else this.writer.addElement(tag, other.vr, other.value);
  }

  onSequenceStart(start: ElementStart): void {
    // Sequences are never replaced: the tags of new values are those of numbers and words.
    this.isReplaced(start.tag);
    this.depth += 1;
    this.writer.onSequenceStart(start);
  }

  onItemStart(): void {
    this.writer.onItemStart();
  }

  onItemEnd(): void {
    this.writer.onItemEnd();
  }

  onSequenceEnd(): void {
    this.depth -= 1;
    this.writer.onSequenceEnd();
  }

  onBulkStart(start: ElementStart): void {
    const { tag, offset } = start;
    this.isSkipping = this.isReplaced(tag);
    if (this.isSkipping) return;
    if (this.depth === 0 && isPixelDataTag(tag)) {
      this.isSkipping = true;
      if (!this.hasPassed) this.before = this.writer.take();
      this.hasPassed = true;
      return;
    }
    const other = this.values.atOffsets.get(offset);
    if (other === undefined) return this.writer.onBulkStart(start);
    this.isSkipping = true;
    this.writer.addElement(tag, other.vr, other.value);
  }

  onBulkFragment(length: number): void {
    if (!this.isSkipping) this.writer.onBulkFragment(length);
  }

  onBulkData(piece: Uint8Array): void {
    if (!this.isSkipping) this.writer.onBulkData(piece);
  }

  onBulkEnd(): void {
    if (!this.isSkipping) this.writer.onBulkEnd();
    this.isSkipping = false;
  }

  /** Adds what belongs before the tag; whether the element itself is left out, or has another one in its place. */
  private isReplaced(tag: Tag): boolean {
    if (this.depth > 0) return false;
    const { attributes } = this.values;
    while (this.missing[0] !== undefined && this.missing[0] <= tag) {
      const [next, ...others] = this.missing;
      const added = attributes.get(next);
      if (added !== undefined) this.writer.addElement(next, added.vr, added.value);
      this.missing = others;
    }
    return attributes.has(tag) || describesFragments.has(tag);
  }
}
