/**
 * Where pages ended, so that the next page of the same client begins behind it even if studies have arrived since: `offset`
 * alone (PS3.18 §8.3.4.4) would show some twice. A hint that may be lost: without it the next page is counted from the start.
 */
import type { OrderKey } from '@sandyq/database';

/** Ends of pages that are remembered. */
const MOST_ANCHORS = 10_000;
/** A client that pages on asks for the next page within this time. */
const ANCHOR_MS = 10 * 60_000;

interface Anchor {
  readonly after: OrderKey;
  readonly until: number;
}

/** The ends of pages of one process. */
export class PageAnchors {
  readonly #anchors = new Map<string, Anchor>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Where the page that begins at `offset` continues; undefined if nobody knows.
   *
   * @param search whose search it is and what is searched for, without limit and offset
   */
  find(search: string, offset: number): OrderKey | undefined {
    const anchor = this.#anchors.get(keyOf(search, offset));
    return anchor !== undefined && anchor.until > this.#now() ? anchor.after : undefined;
  }

  /** The result before `offset` is this one. The oldest is forgotten where there are too many. */
  remember(search: string, offset: number, after: OrderKey): void {
    const key = keyOf(search, offset);
    this.#anchors.delete(key);
    this.#anchors.set(key, { after, until: this.#now() + ANCHOR_MS });
    const oldest = this.#anchors.size > MOST_ANCHORS ? this.#anchors.keys().next().value : undefined;
    if (oldest !== undefined) this.#anchors.delete(oldest);
  }
}

function keyOf(search: string, offset: number): string {
  return `${offset} ${search}`;
}
