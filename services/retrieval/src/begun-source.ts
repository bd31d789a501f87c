/**
 * A source whose beginning is read already: so that a fault in it is known before the head of the answer leaves, and
 * so that a short source is over (its file or connection closed) before anybody consumes it.
 */

/** The bytes of the source from its first byte on; to be iterated once. */
export class BegunSource implements AsyncIterableIterator<Uint8Array> {
  readonly #beginning: Uint8Array[];
  #rest: AsyncIterator<Uint8Array> | undefined;

  private constructor(beginning: Uint8Array[], rest: AsyncIterator<Uint8Array> | undefined) {
    this.#beginning = beginning;
    this.#rest = rest;
  }

  /** Reads until the source ends or has given more than `limitBytes`. Rejects as the source does. */
  static async begin(source: AsyncIterable<Uint8Array>, limitBytes: number): Promise<BegunSource> {
    const iterator = source[Symbol.asyncIterator]();
    const beginning: Uint8Array[] = [];
    for (let readBytes = 0; readBytes <= limitBytes; ) {
      const next = await iterator.next();
      if (next.done === true) return new BegunSource(beginning, undefined);
      beginning.push(next.value);
      readBytes += next.value.length;
    }
    return new BegunSource(beginning, iterator);
  }

  /** All bytes as they came, if the source is over and nothing was taken yet; undefined if there are more. */
  get pieces(): readonly Uint8Array[] | undefined {
    return this.#rest === undefined ? this.#beginning : undefined;
  }

  /** The same in one piece. */
  get whole(): Uint8Array | undefined {
    const { pieces } = this;
    const [only] = pieces ?? [];
    return pieces?.length === 1 ? only : pieces && Buffer.concat(pieces);
  }

  /** Its first bytes, if nothing was taken yet; undefined if it has none. */
  get first(): Uint8Array | undefined {
    return this.#beginning[0];
  }

  /** Bytes in all, if they are known. */
  get length(): number | undefined {
    return this.pieces?.reduce((sum, { length }) => sum + length, 0);
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    const value = this.#beginning.shift();
    if (value !== undefined) return { done: false, value };
    return (await this.#rest?.next()) ?? { done: true, value: undefined };
  }

  /** Gives the source up. */
  async return(): Promise<IteratorResult<Uint8Array>> {
    const rest = this.#rest;
    this.#rest = undefined;
    this.#beginning.length = 0;
    await rest?.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** Answers up to this many bytes are read and verified in whole before their head leaves. */
export const SMALL_ANSWER_BYTES = 4 * 1024 * 1024;

/** The body of an answer: its pieces if it is small, else a stream of which the beginning is verified. */
export async function answerBody(
  source: AsyncIterable<Uint8Array>,
  limitBytes: number = SMALL_ANSWER_BYTES,
): Promise<readonly Uint8Array[] | BegunSource> {
  const begun = await BegunSource.begin(source, limitBytes);
  return begun.pieces ?? begun;
}
