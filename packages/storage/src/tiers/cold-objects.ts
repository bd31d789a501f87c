// What may lie in the cold tier, and how it is read there.
import { isStorageError, StorageError } from '../errors.ts';
import type { ObjectStat, ObjectStore, RangeReads, StoreMaintenance } from '../object-store.ts';

/** The second, cheaper and slower store: objects lie in it under the keys that they had. */
export interface ColdObjects {
  readonly store: ObjectStore & StoreMaintenance & RangeReads;
  /** False: its objects have to be brought back before they can be read; a read of one is `nearline`. */
  readonly answersAtOnce: boolean;
}

/** Told of each object that somebody wanted bytes of, and that the hot store had not. */
export type OnColdRead = (key: string) => void;

/** Only segments move: journal and quarantine are never looked for there. */
export const tieredPrefix = 'v1/';

/** Runs `readHot`, and what the cold tier has where the hot one has no such object. */
export async function readEither<Result>(
  key: string,
  cold: ColdObjects,
  reads: {
    readonly hot: () => Promise<Result>;
    readonly cold: () => Promise<Result>;
    readonly onColdRead?: OnColdRead | undefined;
  },
): Promise<Result> {
  try {
    return await reads.hot();
  } catch (error) {
    if (!isStorageError(error, 'not-found') || !key.startsWith(tieredPrefix)) throw error;
  }
  reads.onColdRead?.(key);
  return cold.answersAtOnce ? reads.cold() : refuseNearline(key, cold);
}

async function refuseNearline(key: string, { store }: ColdObjects): Promise<never> {
  if ((await store.stat(key)) === undefined) throw new StorageError('not-found', `no object ${key}`);
  throw new StorageError('nearline', `${key} lies in the cold tier, and has to be brought back first`);
}

/** Both listings as one, in key order; of an object that both have, the hot one. */
export async function* mergedList(
  hot: AsyncIterable<ObjectStat>,
  cold: AsyncIterable<ObjectStat>,
): AsyncGenerator<ObjectStat> {
  const [left, right] = [hot[Symbol.asyncIterator](), cold[Symbol.asyncIterator]()];
  try {
    let [a, b] = [await nextOf(left), await nextOf(right)];
    while (a !== undefined || b !== undefined) {
      // Keys are ASCII: the order of their code units is the order of their bytes.
      if (a !== undefined && (b === undefined || a.key <= b.key)) {
        yield a;
        if (a.key === b?.key) b = await nextOf(right);
        a = await nextOf(left);
      } else if (b !== undefined) {
        yield { ...b, isCold: true };
        b = await nextOf(right);
      }
    }
  } finally {
    await left.return?.();
    await right.return?.();
  }
}

async function nextOf(iterator: AsyncIterator<ObjectStat>): Promise<ObjectStat | undefined> {
  const next = await iterator.next();
  return next.done === true ? undefined : next.value;
}
