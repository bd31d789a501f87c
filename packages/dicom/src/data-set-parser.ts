/**
 * Reads the structure of a data set (PS3.5 §7) from a byte window. An explicit stack of frames instead of recursion;
 * one step at a time, and a step that lacks bytes changes nothing and is tried again.
 */
import type { ByteWindow } from './byte-window.ts';
import { type DataSetBuilder, isPixelDataTag } from './data-set-builder.ts';
import {
  type ElementHeader,
  type Encoding,
  explicitLittleEndian,
  implicitLittleEndian,
  looksExplicit,
  peekItemLength,
  peekTag,
  readHeader,
  shortHeaderBytes,
  undefinedLength,
} from './element-header.ts';
import { DicomError, type DicomErrorCode, type DicomErrorPlace } from './errors.ts';
import { FragmentParser } from './fragment-parser.ts';
import { type Frame, outermostFrame, unbounded } from './frame.ts';
import { ReaderBudget } from './reader-budget.ts';
import type { ReaderLimits } from './reader-limits.ts';
import { type Tag, Tags } from './tag.ts';
import { isBinaryVr } from './vr.ts';

/** What a DataSetParser reads from and into. */
export interface DataSetParserOptions {
  readonly window: ByteWindow;
  readonly builder: DataSetBuilder;
  readonly limits: ReaderLimits;
  readonly encoding: Encoding;
  /** Asked before each top-level element: whether it no longer belongs to this data set. */
  readonly stopsBefore?: ((tag: Tag, offset: number) => boolean) | undefined;
}

/** One data set being read; `run` after each chunk fed to the window. */
export class DataSetParser {
  /** `stopsBefore` said so. */
  done = false;
  private readonly window: ByteWindow;
  private readonly builder: DataSetBuilder;
  private readonly budget: ReaderBudget;
  private readonly fragmentParser: FragmentParser;
  private readonly stopsBefore: DataSetParserOptions['stopsBefore'];
  private readonly header: ElementHeader = { tag: 0, vr: 'UN', length: 0, size: 0, unknownVr: false };
  private readonly frames: Frame[] = [];
  private frame: Frame;
  /** Bytes of a bulk value or fragment still to pass; `bulkBytes` is its whole length. */
  private bulkLeft = 0;
  private bulkBytes = 0;
  private readonly takeBulk: ((piece: Uint8Array) => void) | undefined;
  private inPadding = false;

  constructor({ window, builder, limits, encoding, stopsBefore }: DataSetParserOptions) {
    this.window = window;
    this.builder = builder;
    this.budget = new ReaderBudget(limits);
    this.fragmentParser = new FragmentParser(window, builder, this.budget);
    this.stopsBefore = stopsBefore;
    this.frame = outermostFrame(window.offset, encoding);
    this.takeBulk = builder.wantsBulkData ? (piece) => builder.bulkData(piece) : undefined;
  }

  /** Reads as far as the window's bytes go. */
  run(): void {
    while (!this.done) {
      if (this.bulkLeft > 0) {
        if (!this.passBulk()) return;
      } else if (this.window.offset === this.frame.end) this.closeFrame();
      else if (!this.step()) return;
    }
  }

  /** The stream is over: everything must be closed. DicomError 'truncated' otherwise. */
  finish(): void {
    const inside = this.frames.length > 0 || this.bulkLeft > 0;
    const { available } = this.window;
    if (!inside && available === 0) return;
    if (!inside && available < shortHeaderBytes && this.window.isZero(available)) {
      this.builder.warnings.add('Zero bytes follow the data set.');
      return;
    }
    throw this.fault('truncated', 'The data set ends inside an element; send the whole instance', {
      offset: this.window.offset,
    });
  }

  private step(): boolean {
    const { kind } = this.frame;
    if (kind === 'sequence') return this.readItem();
    return kind === 'fragments' ? this.readFragment() : this.readElement();
  }

  private readElement(): boolean {
    const { window, frame, header, builder } = this;
    if (this.inPadding) return this.passPadding();
    if (!window.ensure(shortHeaderBytes)) return false;
    header.tag = peekTag(window, frame.encoding.littleEndian);
    if (frame.kind === 'data-set' && this.endsDataSet(header.tag)) return true;
    if (header.tag >= Tags.Item) return this.readItemDelimiter(header.tag);
    if (!readHeader(window, frame.encoding, header, builder.lookUpNumber)) return false;
    this.budget.checkElement(this.place());
    if (header.length === undefinedLength) return this.beginUndefinedLength();
    const offset = window.offset + header.size;
    if (offset + header.length > frame.bound) {
      throw this.fault('malformed', 'An element reaches beyond the end of the item it stands in');
    }
    if (header.vr === 'SQ') return this.beginSequence(frame.encoding, offset + header.length);
    return this.isKept() ? this.keepValue(offset) : this.beginBulk();
  }

  /** Top level: not ours any more, or nothing but zeros from here. */
  private endsDataSet(tag: Tag): boolean {
    if (this.stopsBefore !== undefined) {
      this.done = this.stopsBefore(tag, this.window.offset);
      return this.done;
    }
    this.inPadding = tag === 0 && this.window.isZero(shortHeaderBytes);
    return this.inPadding;
  }

  private passPadding(): boolean {
    const { window } = this;
    this.builder.warnings.add('Zero bytes follow the data set.');
    if (!window.ensure(1)) return false;
    if (!window.isZero(window.limit - window.position)) {
      throw this.fault('malformed', 'Bytes that are no element follow the data set', {
        offset: this.window.offset,
      });
    }
    window.position = window.limit;
    return true;
  }

  private isKept(): boolean {
    const { tag, vr, length } = this.header;
    const { keptBinaryValueBytes, keptValueBytes, fragments } = this.budget.limits;
    if (isPixelDataTag(tag)) return false;
    if (length <= keptBinaryValueBytes) return true;
    if (tag === Tags.ExtendedOffsetTable || tag === Tags.ExtendedOffsetTableLengths) {
      return length <= 8 * fragments;
    }
    return length <= keptValueBytes && !isBinaryVr(vr);
  }

  private keepValue(offset: number): boolean {
    const { window, header } = this;
    const { tag, vr, length, size } = header;
    this.budget.checkKept(length, this.place());
    if (!window.ensure(size + length)) return false;
    this.countElement();
    this.budget.takeKept(length);
    this.builder.keep(tag, vr, offset, length, window.bytes, window.position + size);
    window.position += size + length;
    return true;
  }

  private beginBulk(): boolean {
    const { window, header } = this;
    this.countElement();
    window.position += header.size;
    this.builder.beginBulk({ tag: header.tag, vr: header.vr, offset: window.offset, length: header.length });
    this.bulkLeft = header.length;
    this.bulkBytes = header.length;
    if (header.length === 0) this.builder.endBulk(0);
    return true;
  }

  private passBulk(): boolean {
    this.bulkLeft -= this.window.skip(this.bulkLeft, this.takeBulk);
    if (this.bulkLeft > 0) return false;
    if (this.frame.kind !== 'fragments') this.builder.endBulk(this.bulkBytes);
    return true;
  }

  /** Sequences, UN as sequence in implicit VR (PS3.5 §6.2.2), and encapsulated values (PS3.5 §A.4). */
  private beginUndefinedLength(): boolean {
    const { header, frame, window } = this;
    const { tag, vr } = header;
    const { explicitVr } = frame.encoding;
    if (vr === 'SQ') return this.beginSequence(frame.encoding, unbounded);
    if (explicitVr && (isPixelDataTag(tag) || (isBinaryVr(vr) && vr !== 'UN'))) {
      this.countElement();
      window.position += header.size;
      this.builder.beginBulk({ tag, vr, offset: window.offset, length: undefined });
      this.push('fragments', unbounded, frame.encoding);
      return true;
    }
    if (vr === 'UN') return this.beginSequence(implicitLittleEndian, unbounded);
    throw this.fault('malformed', `An element of VR ${vr} cannot have an undefined length`);
  }

  private beginSequence(encoding: Encoding, end: number): boolean {
    const { header, frame, window } = this;
    this.budget.checkDepth(this.frames.length / 2 + 1, this.place());
    this.countElement();
    window.position += header.size;
    const length = end === unbounded ? undefined : header.length;
    const vr = frame.encoding.explicitVr ? header.vr : 'SQ';
    this.builder.beginSequence({ tag: header.tag, vr, offset: window.offset, length });
    this.push('sequence', end, encoding, header.vr === 'UN' && frame.encoding.explicitVr);
    return true;
  }

  private readItem(): boolean {
    const { window, frame } = this;
    if (!window.ensure(shortHeaderBytes)) return false;
    const { littleEndian } = frame.encoding;
    const tag = peekTag(window, littleEndian);
    const length = peekItemLength(window, littleEndian);
    if (tag === Tags.SequenceDelimitationItem) return this.passDelimiter(tag);
    if (tag !== Tags.Item) {
      throw this.fault('malformed', 'A sequence holds something that is no item', this.place(tag));
    }
    this.budget.checkElement(this.place(tag));
    const isProbed = frame.ofUnknownVr && length >= shortHeaderBytes;
    if (isProbed && !window.ensure(2 * shortHeaderBytes)) return false;
    const isExplicit = isProbed && looksExplicit(window, shortHeaderBytes);
    this.budget.takeElement();
    const start = window.offset + shortHeaderBytes;
    const end = length === undefinedLength ? unbounded : start + length;
    if (end > frame.bound && end !== unbounded) {
      throw this.fault('malformed', 'An item reaches beyond the end of its sequence', this.place(tag));
    }
    window.position += shortHeaderBytes;
    this.builder.beginItem(end === unbounded ? undefined : length, littleEndian ? 'little' : 'big');
    this.push('item', end, isExplicit ? explicitLittleEndian : frame.encoding);
    return true;
  }

  /** An item, delimiter or reserved FFFE tag where an element is due. */
  private readItemDelimiter(tag: Tag): boolean {
    if (tag !== Tags.ItemDelimitationItem || this.frame.kind !== 'item') {
      throw this.fault('malformed', 'An item or delimiter stands where an element is due', this.place(tag));
    }
    return this.passDelimiter(tag);
  }

  /** Ends a frame of undefined length; needless in one of defined length, which ends where it says. */
  private passDelimiter(tag: Tag): boolean {
    const { window, frame } = this;
    if (window.offset + shortHeaderBytes > frame.bound) {
      throw this.fault(
        'malformed',
        'A delimiter reaches beyond the end of what it delimits',
        this.place(tag),
      );
    }
    if (peekItemLength(window, frame.encoding.littleEndian) !== 0) {
      this.builder.warnings.add('A delimiter has a length; it is taken as 0.');
    }
    window.position += shortHeaderBytes;
    if (frame.end === unbounded) this.closeFrame();
    else this.builder.warnings.add('A sequence or item of defined length has a delimiter.');
    return true;
  }

  private readFragment(): boolean {
    const step = this.fragmentParser.step(this.frame);
    if (step.kind === 'delimiter') return this.passDelimiter(Tags.SequenceDelimitationItem);
    if (step.kind === 'fragment') this.bulkLeft = step.length;
    return step.kind !== 'starved';
  }

  private push(kind: Frame['kind'], end: number, encoding: Encoding, ofUnknownVr = false): void {
    const bound = Math.min(end, this.frame.bound);
    this.frames.push(this.frame);
    this.frame = { kind, start: this.window.offset, end, bound, encoding, ofUnknownVr, hasTable: false };
  }

  private closeFrame(): void {
    const { kind, start } = this.frame;
    const outer = this.frames.pop();
    if (outer === undefined) return;
    this.frame = outer;
    if (kind === 'item') this.builder.endItem();
    else if (kind === 'sequence') this.builder.endSequence(this.window.offset - start);
    else this.builder.endBulk(this.window.offset - start);
  }

  private countElement(): void {
    this.budget.takeElement();
    if (this.header.unknownVr) {
      this.builder.warnings.add('An element has a VR that PS3.5 does not know; it is read as UN.');
    }
  }

  private place(tag: Tag = this.header.tag): DicomErrorPlace {
    return { offset: this.window.offset, tag };
  }

  private fault(code: DicomErrorCode, message: string, place: DicomErrorPlace = this.place()): DicomError {
    return new DicomError(code, message, place);
  }
}
