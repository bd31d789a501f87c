/** Opens sources before their turn, so that waiting for the store and sending to the client happen at the same time. */
import { BegunSource } from './begun-source.ts';

/** Sources that are open beside the one being consumed. */
const AHEAD = 4;
/** Read of each of them before its turn; most instances are whole then. */
const BEGINNING_BYTES = 1024 * 1024;

/** A source that was opened before its turn. */
interface Started<Item> {
  readonly item: Item;
  readonly source: Promise<BegunSource>;
}

/**
 * The source of each item, in order. Holds at most {@link AHEAD} beginnings. An error of a source is thrown at its
 * turn; whoever stops early gives up all that is open.
 */
export async function* readAhead<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  open: (item: Item) => AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly [Item, BegunSource]> {
  const queue: Started<Item>[] = [];
  try {
    for await (const item of items) {
      queue.push(start(item, open));
      if (queue.length > AHEAD) yield* takeFirst(queue);
    }
    while (queue.length > 0) yield* takeFirst(queue);
  } finally {
    for (const { source } of queue) source.then((begun) => begun.return()).catch(ignore);
  }
}

function start<Item>(item: Item, open: (item: Item) => AsyncIterable<Uint8Array>): Started<Item> {
  const source = BegunSource.begin(open(item), BEGINNING_BYTES);
  // Thrown when its turn comes; until then it is nobody's.
  source.catch(ignore);
  return { item, source };
}

async function* takeFirst<Item>(queue: Started<Item>[]): AsyncGenerator<readonly [Item, BegunSource]> {
  const first = queue.shift();
  if (first === undefined) return;
  const source = await first.source;
  try {
    yield [first.item, source];
  } finally {
    await source.return();
  }
}

/** The error is thrown elsewhere, or nobody is left to be told. */
function ignore(): undefined {
  return undefined;
}
