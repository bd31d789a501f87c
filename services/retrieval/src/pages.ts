/** Cuts a long list into pages for the database: few enough rows, and tables of bounded size. */

const ITEMS = 128;
const WEIGHT_BYTES = 256 * 1024;

/** The items in order; a page has at most 128 of them, and more than one only if they weigh at most 256 KiB together. */
export function* pagesOf<Item>(
  items: readonly Item[],
  weightOf: (item: Item) => number = () => 0,
): Generator<Item[]> {
  let page: Item[] = [];
  let weight = 0;
  for (const item of items) {
    const own = weightOf(item);
    if (page.length > 0 && (page.length === ITEMS || weight + own > WEIGHT_BYTES)) {
      yield page;
      page = [];
      weight = 0;
    }
    page.push(item);
    weight += own;
  }
  if (page.length > 0) yield page;
}
