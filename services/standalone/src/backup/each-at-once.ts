/** Runs one thing for each of many, a few at a time. */

/** The first failure ends it: no other is begun, those under way are waited for, and it is thrown. */
export async function eachAtOnce<Item>(
  atOnce: number,
  items: Iterable<Item> | AsyncIterable<Item>,
  run: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const state = { failed: false };
  const worker = async (): Promise<void> => {
    try {
      while (!state.failed) {
        const next = await iterator.next();
        if (next.done === true) return;
        await run(next.value);
      }
    } catch (error) {
      state.failed = true;
      throw error;
    }
  };
  const results = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  const failure = results.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}
