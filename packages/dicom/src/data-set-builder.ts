/**
 * Builds the tree of data sets from what the parser finds: keeps small values, lists bulk ones, tells listeners.
 * It knows no bytes of structure; order, nesting and lengths are the parser's.
 */
import type { BulkElement, ByteOrder, DataSet, Element, Fragment, PixelDataElement } from './data-set.ts';
import type { DataSetVisitor, ElementStart } from './data-set-visitor.ts';
import { DicomError } from './errors.ts';
import { readExtendedOffsets } from './offset-table.ts';
import { type Tag, Tags, tagToHex } from './tag.ts';
import { ValueArena } from './value-arena.ts';
import type { Vr } from './vr.ts';

/** The top-level pixel data element begins (FloatPixelData and DoubleFloatPixelData too). */
export interface PixelDataStart extends ElementStart {
  /** All elements before it. */
  readonly dataSet: DataSet;
}

/** Whom the builder tells while it reads. */
export interface DataSetListeners {
  readonly onBulkData?: ((element: BulkStart, piece: Uint8Array) => void) | undefined;
  readonly onPixelDataStart?: ((start: PixelDataStart) => void) | undefined;
  readonly onFragment?: ((fragment: Fragment) => void) | undefined;
  readonly visitor?: DataSetVisitor | undefined;
}

/** A bulk element whose bytes are passing; its length is undefined for encapsulated values. */
export interface BulkStart extends ElementStart {
  /** As in BulkElement. */
  readonly path: string;
}

interface GrowingElement extends Element {
  length: number;
  readonly items: GrowingDataSet[] | undefined;
}

interface GrowingDataSet extends DataSet {
  readonly elements: Map<Tag, GrowingElement>;
}

/** One nesting level: a data set and the sequence being read in it. */
interface Level {
  readonly dataSet: GrowingDataSet;
  lastTag: Tag;
  sequence: GrowingElement | undefined;
}

interface OpenBulk {
  readonly start: ElementStart;
  readonly element: GrowingElement;
  readonly isPixelData: boolean;
  /** Made only for a listener. */
  announced: BulkStart | undefined;
  /** False for a repeated tag: the first is kept. */
  readonly listed: boolean;
  table: { offset: number; length: number; entries: readonly number[] };
  readonly fragments: Fragment[];
}

const identifyingTags: ReadonlySet<Tag> = new Set([
  Tags.SOPClassUID,
  Tags.SOPInstanceUID,
  Tags.StudyInstanceUID,
  Tags.SeriesInstanceUID,
]);

/** Whether a tag is one of the three that hold pixels (PS3.3 C.7.6.3, C.7.6.24). */
export function isPixelDataTag(tag: Tag): boolean {
  return tag === Tags.PixelData || tag === Tags.FloatPixelData || tag === Tags.DoubleFloatPixelData;
}

/** State of one data set being read. */
export class DataSetBuilder {
  readonly root: DataSet;
  readonly bulk: BulkElement[] = [];
  /** Things tolerated, one sentence a kind. */
  readonly warnings: Set<string>;
  /** Set when the pixel data has been passed. */
  pixelData: PixelDataElement | undefined;
  private readonly arena = new ValueArena();
  private readonly listeners: DataSetListeners;
  private readonly levels: Level[];
  private level: Level;
  private openBulk: OpenBulk | undefined;

  constructor(listeners: DataSetListeners, byteOrder: ByteOrder, warnings: Set<string>) {
    this.listeners = listeners;
    this.warnings = warnings;
    this.level = { dataSet: { elements: new Map(), byteOrder }, lastTag: -1, sequence: undefined };
    this.levels = [this.level];
    this.root = this.level.dataSet;
  }

  /** Keeps a whole value: bytes[start, start+length). */
  keep(tag: Tag, vr: Vr, offset: number, length: number, bytes: Uint8Array, start: number): void {
    const value = this.arena.copy(bytes, start, length);
    const element: GrowingElement = { tag, vr, offset, length, value, items: undefined };
    this.insert(element);
    this.listeners.visitor?.onElement(element);
  }

  beginSequence(start: ElementStart): void {
    const { tag, vr, offset } = start;
    const element: GrowingElement = {
      tag,
      vr,
      offset,
      length: start.length ?? 0,
      value: undefined,
      items: [],
    };
    this.insert(element);
    this.level.sequence = element;
    this.listeners.visitor?.onSequenceStart(start);
  }

  beginItem(length: number | undefined, byteOrder: ByteOrder): void {
    const dataSet: GrowingDataSet = { elements: new Map(), byteOrder };
    this.level.sequence?.items?.push(dataSet);
    this.level = { dataSet, lastTag: -1, sequence: undefined };
    this.levels.push(this.level);
    this.listeners.visitor?.onItemStart(length);
  }

  endItem(): void {
    this.levels.pop();
    const outer = this.levels.at(-1);
    if (outer !== undefined) this.level = outer;
    this.listeners.visitor?.onItemEnd();
  }

  /** `length`: bytes from the value's start to here. */
  endSequence(length: number): void {
    if (this.level.sequence !== undefined) this.level.sequence.length = length;
    this.level.sequence = undefined;
    this.listeners.visitor?.onSequenceEnd();
  }

  beginBulk(start: ElementStart): void {
    const { tag, vr, offset } = start;
    const isPixelData = this.levels.length === 1 && isPixelDataTag(tag);
    if (isPixelData) this.announcePixelData(start);
    const element: GrowingElement = {
      tag,
      vr,
      offset,
      length: start.length ?? 0,
      value: undefined,
      items: undefined,
    };
    const listed = this.insert(element);
    const table = { offset: 0, length: 0, entries: [] };
    this.openBulk = { start, element, isPixelData, announced: undefined, listed, table, fragments: [] };
    this.listeners.visitor?.onBulkStart(start);
  }

  offsetTable(offset: number, length: number, entries: readonly number[]): void {
    if (this.openBulk !== undefined) this.openBulk.table = { offset, length, entries };
  }

  fragment(offset: number, length: number, head: number): void {
    if (this.openBulk?.isPixelData === true) {
      const fragment: Fragment = { offset, length, head };
      this.openBulk.fragments.push(fragment);
      this.listeners.onFragment?.(fragment);
    }
    this.listeners.visitor?.onBulkFragment(length);
  }

  /** Whether anybody wants the bytes of bulk values. */
  get wantsBulkData(): boolean {
    return this.listeners.onBulkData !== undefined || this.listeners.visitor !== undefined;
  }

  bulkData(piece: Uint8Array): void {
    const open = this.openBulk;
    if (open === undefined) return;
    if (this.listeners.onBulkData !== undefined) {
      open.announced ??= { ...open.start, path: this.pathOf(open.start.tag) };
      this.listeners.onBulkData(open.announced, piece);
    }
    this.listeners.visitor?.onBulkData(piece);
  }

  /** `length`: bytes of the value field, delimiter included. */
  endBulk(length: number): void {
    const open = this.openBulk;
    if (open === undefined) return;
    open.element.length = length;
    const { tag, vr, offset } = open.start;
    if (open.isPixelData) this.pixelData = this.describePixelData(open, length);
    else if (open.listed) this.bulk.push({ path: this.pathOf(tag), vr, offset, length });
    this.openBulk = undefined;
    this.listeners.visitor?.onBulkEnd();
  }

  /** First 16-bit number of an element read before, in this data set or one around it. */
  readonly lookUpNumber = (tag: Tag): number | undefined => {
    for (let index = this.levels.length - 1; index >= 0; index -= 1) {
      const dataSet = this.levels[index]?.dataSet;
      const value = dataSet?.elements.get(tag)?.value;
      if (value !== undefined && value.length >= 2) {
        const [first = 0, second = 0] = value;
        return dataSet?.byteOrder === 'big' ? first * 256 + second : second * 256 + first;
      }
    }
    return undefined;
  };

  private insert(element: GrowingElement): boolean {
    const { level } = this;
    const { elements } = level.dataSet;
    if (element.tag > level.lastTag) {
      level.lastTag = element.tag;
    } else {
      const first = elements.get(element.tag);
      if (first !== undefined) {
        this.refuseContradiction(first, element);
        this.warnings.add('An element stands twice in a data set; the first is used.');
        return false;
      }
      this.warnings.add('Elements are not in ascending order of their tags.');
    }
    elements.set(element.tag, element);
    return true;
  }

  /** Two different identities in one data set: readers would disagree about which instance this is. */
  private refuseContradiction(first: Element, second: Element): void {
    if (this.levels.length > 1 || !identifyingTags.has(second.tag)) return;
    if (Buffer.compare(first.value ?? Buffer.alloc(0), second.value ?? Buffer.alloc(0)) === 0) return;
    throw new DicomError('malformed', 'An identifying UID stands twice with different values', {
      offset: second.offset,
      tag: second.tag,
    });
  }

  private announcePixelData(start: ElementStart): void {
    if (this.pixelData !== undefined) {
      throw new DicomError('malformed', 'A data set must not have two pixel data elements', {
        offset: start.offset,
        tag: start.tag,
      });
    }
    this.listeners.onPixelDataStart?.({ ...start, dataSet: this.root });
  }

  private describePixelData(open: OpenBulk, length: number): PixelDataElement {
    const { tag, vr, offset } = open.start;
    if (open.start.length !== undefined) return { kind: 'native', tag, vr, offset, length };
    const extendedOffsets = readExtendedOffsets(this.root.elements.get(Tags.ExtendedOffsetTable)?.value);
    return {
      kind: 'encapsulated',
      tag,
      vr,
      offset,
      length,
      basicOffsets: open.table.entries,
      basicOffsetTable: { offset: open.table.offset, length: open.table.length },
      ...(extendedOffsets === undefined ? {} : { extendedOffsets }),
      fragments: open.fragments,
    };
  }

  private pathOf(tag: Tag): string {
    let path = '';
    for (const { sequence } of this.levels) {
      if (sequence === undefined) break;
      path += `${tagToHex(sequence.tag)}/${sequence.items?.length ?? 0}/`;
    }
    return path + tagToHex(tag);
  }
}
