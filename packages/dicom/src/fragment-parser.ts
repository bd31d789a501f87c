/** The items of an encapsulated value (PS3.5 §A.4): offset table, then fragments, up to the delimiter. */
import type { ByteWindow } from './byte-window.ts';
import type { DataSetBuilder } from './data-set-builder.ts';
import { peekItemLength, peekTag, shortHeaderBytes, undefinedLength } from './element-header.ts';
import { DicomError, type DicomErrorPlace } from './errors.ts';
import type { Frame } from './frame.ts';
import { readBasicOffsets } from './offset-table.ts';
import type { ReaderBudget } from './reader-budget.ts';
import { Tags } from './tag.ts';

const headBytes = 4;
const offsetBytes = 4;

/** What the next item was: bytes are missing; the table; a fragment whose bytes follow; the delimiter (not passed). */
export type FragmentStep =
  | { readonly kind: 'starved' | 'table' | 'delimiter' }
  | { readonly kind: 'fragment'; readonly length: number };

const starved: FragmentStep = { kind: 'starved' };
const table: FragmentStep = { kind: 'table' };
const delimiter: FragmentStep = { kind: 'delimiter' };

/** Reads item headers of encapsulated values; the bytes of fragments are passed by someone else. */
export class FragmentParser {
  private readonly window: ByteWindow;
  private readonly builder: DataSetBuilder;
  private readonly budget: ReaderBudget;

  constructor(window: ByteWindow, builder: DataSetBuilder, budget: ReaderBudget) {
    this.window = window;
    this.builder = builder;
    this.budget = budget;
  }

  /** Reads the next item's header. DicomError 'malformed', 'limit-exceeded'. */
  step(frame: Frame): FragmentStep {
    const { window } = this;
    if (!window.ensure(shortHeaderBytes)) return starved;
    const { littleEndian } = frame.encoding;
    const tag = peekTag(window, littleEndian);
    const place = { offset: window.offset, tag };
    if (tag === Tags.SequenceDelimitationItem) return delimiter;
    if (tag !== Tags.Item) {
      throw new DicomError('malformed', 'Fragments are followed by something that is no item', place);
    }
    const length = peekItemLength(window, littleEndian);
    if (length === undefinedLength || window.offset + shortHeaderBytes + length > frame.bound) {
      throw new DicomError('malformed', 'A fragment has no length or reaches beyond its item', place);
    }
    return frame.hasTable ? this.beginFragment(length, place) : this.readTable(frame, length, place);
  }

  private readTable(frame: Frame, length: number, place: DicomErrorPlace): FragmentStep {
    const { window, budget } = this;
    budget.checkFragments(Math.floor(length / offsetBytes), place);
    budget.checkKept(length, place);
    if (!window.ensure(shortHeaderBytes + length)) return starved;
    budget.takeKept(length);
    window.position += shortHeaderBytes;
    this.builder.offsetTable(window.offset, length, readBasicOffsets(window.view, window.position, length));
    window.position += length;
    frame.hasTable = true;
    return table;
  }

  private beginFragment(length: number, place: DicomErrorPlace): FragmentStep {
    const { window, budget } = this;
    budget.checkFragments(1, place);
    const visible = Math.min(length, headBytes);
    if (!window.ensure(shortHeaderBytes + visible)) return starved;
    budget.takeFragment();
    window.position += shortHeaderBytes;
    this.builder.fragment(window.offset, length, this.readHead(visible));
    return { kind: 'fragment', length };
  }

  private readHead(visible: number): number {
    const { bytes, position } = this.window;
    let head = 0;
    for (let index = 0; index < headBytes; index += 1) {
      head = head * 256 + (index < visible ? (bytes[position + index] ?? 0) : 0);
    }
    return head;
  }
}
