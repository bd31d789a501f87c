// What a rewrite is asked for. Types only.
import type { ObjectStore } from '../object-store.ts';
import type { SegmentReceipt } from './receipt.ts';
import type { SegmentSpool } from './segment-spool.ts';

/** A segment that is rewritten. */
export interface RewriteSource {
  readonly key: string;
  readonly receipt: SegmentReceipt;
  /** Entries to copy, see {@link withReceivedParts}; the others are left out. None at all: its receipt is kept. */
  readonly ordinals: readonly number[];
}

/** What a rewrite is made of and by whom. */
export interface RewriteRequest {
  /** Of one series, in the order in which their entries are to stand; at least one entry among them. */
  readonly sources: readonly RewriteSource[];
  /** Who rewrites: a program, e.g. `archive:compaction`. */
  readonly principal: string;
  /** When the rewriting began: `YYYY-MM-DDTHH:MM:SS.sssZ`. */
  readonly receivedAt: string;
  /** Where bytes are read: the store of the sources, unless it is another copy of it. */
  readonly readFrom?: ObjectStore | undefined;
  /** Told of bytes that were copied; what it returns is waited for, so that it may slow the copying down. */
  readonly onCopied?: ((bytes: number) => Promise<void> | undefined) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a rewrite works with. */
export interface RewritePorts {
  readonly store: ObjectStore;
  readonly spool: SegmentSpool;
}
