/**
 * Writes the data set that a reader visits in Explicit VR Little Endian (PS3.5 §7, §A.2) while it streams by.
 * Sequences and items get undefined lengths, because their length is not known in advance. Left out: group lengths,
 * Length to End and Data Set Trailing Padding, which describe the old encoding, and repetitions of a tag.
 */
import type { ByteOrder, Element } from './data-set.ts';
import { isPixelDataTag } from './data-set-builder.ts';
import type { DataSetVisitor, ElementStart } from './data-set-visitor.ts';
import { ExplicitOutput, evenLength, undefinedLength } from './explicit-output.ts';
import { type Tag, Tags } from './tag.ts';
import type { TransferSyntax } from './transfer-syntax.ts';
import type { Vr } from './vr.ts';
import { swapWords, type WordBytes, WordSwapper, wordBytesOf } from './word-swapper.ts';

/** A data set or item being written. */
interface Level {
  readonly byteOrder: ByteOrder;
  readonly written: Set<Tag>;
}

/** A value that passes in pieces. */
interface OpenValue {
  readonly vr: Vr;
  readonly isEncapsulated: boolean;
  readonly swapper: WordSwapper | undefined;
  /** Bytes passed of a value of defined length, or of the fragment. */
  passedBytes: number;
}

const groupLengthMask = 0xffff;

/** Collects output until it is taken. Bulk values that need no change are not copied but are views of the chunk. */
export class ExplicitLittleEndianWriter implements DataSetVisitor {
  private readonly syntaxOf: () => TransferSyntax;
  private readonly levels: Level[] = [];
  private readonly output = new ExplicitOutput();
  private value: OpenValue | undefined;
  /** Of the chunk being read; pieces of other memory are only lent and must be copied. */
  private chunkMemory: ArrayBufferLike | undefined;
  /** Levels of nesting inside an element that is left out. */
  private leftOut = 0;

  /** `syntaxOf`: the syntax the visited data set is written in; first asked for when its first element comes. */
  constructor(syntaxOf: () => TransferSyntax) {
    this.syntaxOf = syntaxOf;
  }

  /** The reader is about to read this chunk, which stays unchanged as long as the output is used. */
  beginChunk(chunk: Uint8Array): void {
    this.chunkMemory = chunk.buffer;
  }

  /** What has been written since the last call. */
  take(): readonly Uint8Array[] {
    return this.output.take();
  }

  /** An element that is not in the visited data set, or another one in its place; the value is little endian already. */
  addElement(tag: Tag, vr: Vr, value: Uint8Array): void {
    if (!this.begins(tag)) return;
    this.output.element(tag, vr, evenLength(value.length));
    this.output.bytes(value);
    this.output.padding(vr, value.length);
  }

  onElement({ tag, vr, value }: Element): void {
    if (value === undefined || !this.begins(tag)) return;
    const wordBytes = this.swappedWordBytes(tag, vr);
    this.output.element(tag, vr, evenLength(value.length));
    this.output.bytes(wordBytes === 1 ? value : swapWords(value, wordBytes));
    this.output.padding(vr, value.length);
  }

  onSequenceStart({ tag, vr }: ElementStart): void {
    if (this.leftOut > 0 || !this.begins(tag)) {
      this.leftOut += 1;
      return;
    }
    this.output.element(tag, 'SQ', undefinedLength);
    // Items of a UN sequence are little endian whatever is around them (PS3.5 §6.2.2).
    const byteOrder = vr === 'UN' ? 'little' : this.level.byteOrder;
    this.levels.push({ byteOrder, written: new Set() });
  }

  onItemStart(): void {
    if (this.leftOut > 0) return;
    this.output.item(undefinedLength);
    this.level.written.clear();
  }

  onItemEnd(): void {
    if (this.leftOut === 0) this.output.endItem();
  }

  onSequenceEnd(): void {
    if (this.leftOut > 0) {
      this.leftOut -= 1;
      return;
    }
    this.output.endSequence();
    this.levels.pop();
  }

  onBulkStart({ tag, vr, length }: ElementStart): void {
    if (this.leftOut > 0 || !this.begins(tag)) return;
    const isEncapsulated = length === undefined;
    const wordBytes = isEncapsulated ? 1 : this.swappedWordBytes(tag, vr);
    const swapper = wordBytes === 1 ? undefined : new WordSwapper(wordBytes);
    this.value = { vr, isEncapsulated, swapper, passedBytes: 0 };
    this.output.element(tag, vr, isEncapsulated ? undefinedLength : evenLength(length));
    if (isEncapsulated) this.output.item(0);
  }

  onBulkFragment(length: number): void {
    if (this.value === undefined) return;
    this.output.padding('OB', this.value.passedBytes);
    this.value.passedBytes = 0;
    this.output.item(evenLength(length));
  }

  onBulkData(piece: Uint8Array): void {
    if (this.value === undefined) return;
    this.value.passedBytes += piece.length;
    if (this.value.swapper !== undefined) this.output.bytes(this.value.swapper.push(piece));
    else this.output.bytes(piece.buffer === this.chunkMemory ? piece : Buffer.from(piece));
  }

  onBulkEnd(): void {
    if (this.value === undefined) return;
    const { vr, isEncapsulated, swapper, passedBytes } = this.value;
    if (swapper !== undefined) this.output.bytes(swapper.end());
    this.output.padding(isEncapsulated ? 'OB' : vr, passedBytes);
    if (isEncapsulated) this.output.endSequence();
    this.value = undefined;
  }

  private get level(): Level {
    const innermost = this.levels.at(-1);
    if (innermost !== undefined) return innermost;
    const root = { byteOrder: this.syntaxOf().byteOrder, written: new Set<Tag>() };
    this.levels.push(root);
    return root;
  }

  /** Whether the element belongs in the output; it counts as written then. */
  private begins(tag: Tag): boolean {
    if (this.leftOut > 0 || describesEncoding(tag)) return false;
    const { written } = this.level;
    if (written.has(tag)) return false;
    written.add(tag);
    return true;
  }

  private swappedWordBytes(tag: Tag, vr: Vr): WordBytes {
    const isPixelData = this.levels.length === 1 && isPixelDataTag(tag);
    const byteOrder = isPixelData ? this.syntaxOf().pixelDataByteOrder : this.level.byteOrder;
    return byteOrder === 'big' ? wordBytesOf(vr) : 1;
  }
}

/** Group lengths (PS3.5 §7.2), Length to End (retired) and padding (PS3.10 §7.2) say nothing about the instance. */
function describesEncoding(tag: Tag): boolean {
  return (tag & groupLengthMask) === 0 || tag === Tags.LengthToEnd || tag === Tags.DataSetTrailingPadding;
}
