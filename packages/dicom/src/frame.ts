/** One level of the parser's stack: a data set, a sequence, an item or a run of fragments. */
import type { Encoding } from './element-header.ts';

/** Where a value field in parts begins and must end. */
export interface Frame {
  readonly kind: 'data-set' | 'item' | 'sequence' | 'fragments';
  /** Start of the value field. */
  readonly start: number;
  /** Declared end; Infinity for an undefined length. */
  readonly end: number;
  /** Nothing in it may reach beyond: its own end or that of a frame around it. */
  readonly bound: number;
  readonly encoding: Encoding;
  /** A sequence under VR UN: its items should be implicit (PS3.5 §6.2.2), but some writers left them explicit. */
  readonly ofUnknownVr: boolean;
  /** Fragments: whether the offset table has been passed. */
  hasTable: boolean;
}

/** The end of what has no declared end. */
export const unbounded = Number.POSITIVE_INFINITY;

/** The frame of a whole data set. */
export function outermostFrame(start: number, encoding: Encoding): Frame {
  const ends = { end: unbounded, bound: unbounded };
  return { kind: 'data-set', start, ...ends, encoding, ofUnknownVr: false, hasTable: false };
}
