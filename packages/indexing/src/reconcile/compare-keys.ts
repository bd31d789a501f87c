/** Objects of the store beside rows of the index, in key order: a merge of two streams that holds one item of each. */
import type { ObjectStat } from '@sandyq/storage';

/** A key that the store, the index or both know. */
export interface Compared<Row> {
  readonly key: string;
  readonly object: ObjectStat | undefined;
  readonly row: Row | undefined;
}

/** Both must come in the order of their keys' bytes. Two rows of one key are two items with the same object. */
export async function* compareKeys<Row extends { readonly key: string }>(
  objects: AsyncIterable<ObjectStat>,
  rows: AsyncIterable<Row>,
): AsyncGenerator<Compared<Row>> {
  const left = objects[Symbol.asyncIterator]();
  const right = rows[Symbol.asyncIterator]();
  try {
    let object = await nextOf(left);
    let row = await nextOf(right);
    while (object !== undefined || row !== undefined) {
      const key = lesserKey(object, row);
      const found = object?.key === key ? object : undefined;
      if (row?.key !== key) yield { key, object: found, row: undefined };
      while (row?.key === key) {
        yield { key, object: found, row };
        row = await nextOf(right);
      }
      if (found !== undefined) object = await nextOf(left);
    }
  } finally {
    await left.return?.();
    await right.return?.();
  }
}

async function nextOf<Item>(iterator: AsyncIterator<Item>): Promise<Item | undefined> {
  const next = await iterator.next();
  return next.done === true ? undefined : next.value;
}

/** Keys are ASCII: the order of their code units is the order of their bytes. */
function lesserKey(a: { readonly key: string } | undefined, b: { readonly key: string } | undefined): string {
  if (a === undefined || b === undefined) return (a ?? b)?.key ?? '';
  return a.key < b.key ? a.key : b.key;
}

/** Rows of the index as a stream, read a page at a time. */
export async function* rowsByKey<Row extends { readonly key: string }>(
  read: (after: string, limit: number) => Promise<readonly Row[]>,
  after: string,
  limit: number,
): AsyncGenerator<Row> {
  for (let last = after; ; ) {
    const page = await read(last, limit);
    yield* page;
    const end = page.at(-1);
    if (end === undefined || page.length < limit) return;
    last = end.key;
  }
}

/** Bounds of a page. */
export interface PageSize {
  /** A page is full with so many items, but ends where a folder does. */
  readonly items: number;
  /** It ends in the middle of a folder if that has more. */
  readonly most: number;
}

/**
 * Cuts a stream into pages that end where a folder of keys ends: the segments of a study are looked at together, so
 * that what was rewritten is known before what it was made of is missed.
 */
export async function* pagesOfFolders<Item extends { readonly key: string }>(
  items: AsyncIterable<Item>,
  { items: full, most }: PageSize,
): AsyncGenerator<Item[]> {
  let page: Item[] = [];
  for await (const item of items) {
    const last = page.at(-1);
    const ends = page.length >= full && last !== undefined && folderOf(last.key) !== folderOf(item.key);
    if (ends || page.length >= most) {
      yield page;
      page = [];
    }
    page.push(item);
  }
  if (page.length > 0) yield page;
}

/** Everything of a key up to its last `/`. */
export function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1);
}
