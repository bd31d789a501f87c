/** The instances that lie in a store: what can be found there without any index. */
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { type ObjectStore, openSegment } from '@sandyq/storage';

export interface StoredInstance {
  readonly sopInstanceUid: string;
  readonly ordinal: number;
  /** Of the bytes as they were read, lower-case hex. */
  readonly sha256: string;
}

export class StoredInstances {
  readonly #byKey: ReadonlyMap<string, readonly StoredInstance[]>;
  readonly #uids: ReadonlySet<string>;

  private constructor(byKey: ReadonlyMap<string, readonly StoredInstance[]>) {
    this.#byKey = byKey;
    this.#uids = new Set([...byKey.values()].flat().map(({ sopInstanceUid }) => sopInstanceUid));
  }

  static readonly none = new StoredInstances(new Map());

  /** Reads all segments, but for those that were read before: objects are never written twice. */
  static async in(
    store: ObjectStore,
    known: StoredInstances = StoredInstances.none,
  ): Promise<StoredInstances> {
    const byKey = new Map<string, readonly StoredInstance[]>();
    for await (const { key, size } of store.list('v1/'))
      byKey.set(key, known.#byKey.get(key) ?? (await readSegment(store, key, size)));
    return new StoredInstances(byKey);
  }

  /** In whichever object. */
  has(sopInstanceUid: string): boolean {
    return this.#uids.has(sopInstanceUid);
  }

  at(key: string, ordinal: number): StoredInstance | undefined {
    return this.#byKey.get(key)?.find((entry) => entry.ordinal === ordinal);
  }
}

async function readSegment(store: ObjectStore, key: string, size: number): Promise<StoredInstance[]> {
  const { receipt } = await openSegment(store, key, { size });
  const entries: StoredInstance[] = [];
  for (const entry of receipt.entries) {
    const { sopInstanceUid, ordinal, offset, length } = entry;
    const bytes = await buffer(await store.read(key, { offset, length }));
    entries.push({ sopInstanceUid, ordinal, sha256: createHash('sha256').update(bytes).digest('hex') });
  }
  return entries;
}
