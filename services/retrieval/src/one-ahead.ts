/** Work of which the next begins while the last is used. */

/** Each item with what `begin` made of it, in order. An error is thrown at its turn; whoever stops early waits for nothing. */
export async function* oneAhead<Item, Made>(
  items: Iterable<Item>,
  begin: (item: Item) => Promise<Made>,
): AsyncGenerator<readonly [Item, Made]> {
  let before: readonly [Item, Promise<Made>] | undefined;
  for (const item of items) {
    const made = begin(item);
    // Thrown when its turn comes; until then it is nobody's.
    made.catch(() => undefined);
    if (before !== undefined) yield [before[0], await before[1]];
    before = [item, made];
  }
  if (before !== undefined) yield [before[0], await before[1]];
}
