/** Instances of a long answer that turn out not to be convertible, while its head has not left and while it has. */
import type { CodecError } from '@sandyq/pixel-data';
import { isRefusal } from './codec-fault.ts';

/** What was left out of an answer so far. */
export class LeftOut<Item> {
  /** Set when the head of the answer leaves: from then on nothing can be left out any more. */
  isHeadSent = false;
  readonly #faults = new Map<Item, CodecError>();

  /** How many. */
  get count(): number {
    return this.#faults.size;
  }

  /** Why the first of them was. */
  get firstFault(): CodecError | undefined {
    return this.#faults.values().next().value;
  }

  /** The bytes of an item; none where codecs refuse it before its first byte and before the head leaves. */
  async *guard(item: Item, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let hasBegun = false;
    try {
      for await (const piece of bytes) {
        hasBegun = true;
        yield piece;
      }
    } catch (error) {
      if (hasBegun || this.isHeadSent || !isRefusal(error)) throw error;
      this.#faults.set(item, error);
    }
  }

  /** Whether the item is left out: it has no bytes to send. */
  has(item: Item): boolean {
    return this.#faults.has(item);
  }
}
