/** What a reader tells, in stream order, to someone who rewrites or digests a data set without holding it. */
import type { Element } from './data-set.ts';
import type { Tag } from './tag.ts';
import type { Vr } from './vr.ts';

/** The start of an element whose value is not kept or has parts. */
export interface ElementStart {
  readonly tag: Tag;
  readonly vr: Vr;
  /** Start of the value field, as in Element. */
  readonly offset: number;
  /** Undefined for an undefined length. */
  readonly length: number | undefined;
}

/** Calls nest: a sequence holds items, an item holds elements. The file meta information is not visited. */
export interface DataSetVisitor {
  /** A whole element with its value. */
  onElement(element: Element): void;
  onSequenceStart(start: ElementStart): void;
  onItemStart(length: number | undefined): void;
  onItemEnd(): void;
  onSequenceEnd(): void;
  /** A value that is not kept; of undefined length = encapsulated: then each fragment after the offset table is announced. */
  onBulkStart(start: ElementStart): void;
  onBulkFragment(length: number): void;
  /** Value bytes in order, in pieces; of encapsulated values the fragments without headers. Valid during the call only. */
  onBulkData(piece: Uint8Array): void;
  onBulkEnd(): void;
}
