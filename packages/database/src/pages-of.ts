/** Long lists in pieces: what a statement is given is bounded. */

/** Items of a statement. */
const MOST_ITEMS = 1_000;

/** The items in their order, at most a thousand at a time; nothing of an empty list. */
export function* pagesOf<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += MOST_ITEMS) yield items.slice(start, start + MOST_ITEMS);
}
