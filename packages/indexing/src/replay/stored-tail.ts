/** A segment as the replay meets it. Types only. */
import type { SegmentTail } from '@sandyq/storage';

/** A segment of the store whose receipt and metadata were read. */
export interface StoredTail extends SegmentTail {
  readonly key: string;
}
