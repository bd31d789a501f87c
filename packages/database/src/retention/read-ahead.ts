/** Reads the next item while one is worked on. */

/** The items of `source`, one ahead; what it is ahead by is given up where nobody asks for more. */
export async function* readAhead<Item>(
  source: AsyncGenerator<Item, void, undefined>,
): AsyncGenerator<Item, void, undefined> {
  let next = begun(source);
  try {
    for (;;) {
      const { done, value } = await next;
      if (done === true) return;
      next = begun(source);
      yield value;
    }
  } finally {
    // Nobody asks for it any more: its fault is nobody's.
    await Promise.allSettled([next]);
    await source.return();
  }
}

/** A fault is told to whoever asks for the item, not to the process in the meantime. */
function begun<Item>(source: AsyncGenerator<Item, void, undefined>) {
  const next = source.next();
  void Promise.allSettled([next]);
  return next;
}
