// Each wrapper is still a store: it runs the whole suite, over the store in memory.

import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StorageError, type StorageErrorCode } from '../errors.ts';
import type { ByteRange, ListOptions, ObjectStat, ObjectStore } from '../object-store.ts';
import { MemoryObjectStore } from '../testing/memory-object-store.ts';
import { objectStoreCases } from '../testing/object-store-suite.ts';
import { newSpoolFolder, type SpoolFolder } from '../testing/spool-folder.ts';
import { assertFails, bytesOf, drained, keysOf, patterned } from '../testing/suite-assertions.ts';
import { type StoreEvent, withEvents } from './with-events.ts';
import { withLimit } from './with-limit.ts';
import { withRetry } from './with-retry.ts';

let folder: SpoolFolder;
beforeAll(async () => {
  folder = await newSpoolFolder();
});
afterAll(() => folder.remove());

const wrappers: Readonly<Record<string, (store: ObjectStore) => ObjectStore>> = {
  withRetry: (store) => withRetry(store),
  withLimit: (store) => withLimit(store, { puts: 2, reads: 2 }),
  withEvents: (store) => withEvents(store, { onEvent: () => undefined }),
  all: (store) =>
    withEvents(withLimit(withRetry(store), { puts: 2, reads: 3 }), { onEvent: () => undefined }),
};

for (const [name, wrap] of Object.entries(wrappers)) {
  describe(`a store with ${name} conforms`, () => {
    for (const { name, run } of objectStoreCases) {
      it(name, () =>
        run({ store: wrap(new MemoryObjectStore()), prefix: 'suite/one/', spool: folder.spool }),
      );
    }
  });
}

/** Fails the next calls, or breaks the next streams and lists after some items. */
class FlakyStore extends MemoryObjectStore {
  failures = 0;
  code: StorageErrorCode = 'unavailable';
  breakAfterChunks = Number.POSITIVE_INFINITY;
  calls: string[] = [];

  #call(name: string): void {
    this.calls.push(name);
    if (this.failures-- > 0) throw new StorageError(this.code, `planted in ${name}`);
  }
  override async stat(key: string): Promise<ObjectStat | undefined> {
    this.#call('stat');
    return super.stat(key);
  }
  override async delete(key: string): Promise<void> {
    this.#call('delete');
    await super.delete(key);
  }
  override async check(): Promise<void> {
    this.#call('check');
  }
  override async putBytes(key: string, bytes: Uint8Array): Promise<void> {
    this.#call('putBytes');
    await super.putBytes(key, bytes);
  }
  override async read(key: string, range?: ByteRange): Promise<Readable> {
    this.#call('read');
    const stream = await super.read(key, range);
    let left = this.breakAfterChunks;
    const push = stream.push.bind(stream);
    stream.push = (chunk: unknown) => {
      if (left-- > 0) return push(chunk);
      stream.destroy(new StorageError(this.code, 'planted in the stream'));
      return false;
    };
    return stream;
  }
  override async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectStat> {
    this.#call('list');
    let left = this.breakAfterChunks;
    for (const key of [...this.objects.keys()].sort()) {
      if (!key.startsWith(prefix) || key <= (options.after ?? '')) continue;
      if (left-- <= 0) throw new StorageError(this.code, 'planted in the list');
      yield { key, size: 0, lastModified: new Date(0) };
    }
  }
}

describe('withRetry', () => {
  const pauses: number[] = [];
  const options = {
    pause: async (milliseconds: number) => void pauses.push(milliseconds),
    random: () => 1,
    attempts: 4,
    firstPauseMs: 100,
    longestPauseMs: 300,
  };

  it('repeats what may be repeated, with growing pauses, and no more often than it may', async () => {
    for (const name of ['stat', 'delete', 'check', 'read'] as const) {
      const store = new FlakyStore();
      store.objects.set('a/b', { bytes: patterned(10), lastModified: new Date() });
      store.failures = 3;
      pauses.length = 0;
      await withRetry(store, options)[name]('a/b' as never);
      expect(store.calls).toEqual([name, name, name, name]);
      expect(pauses).toEqual([100, 200, 300]);
      store.failures = 4;
      await assertFails('unavailable', withRetry(store, options)[name]('a/b' as never));
    }
  });

  it('never repeats a put, nor what will not pass by itself', async () => {
    const store = new FlakyStore();
    store.failures = 1;
    await assertFails('unavailable', withRetry(store, options).putBytes('a/b', patterned(10)));
    expect(store.calls).toEqual(['putBytes']);
    store.failures = 1;
    store.code = 'access-denied';
    await assertFails('access-denied', withRetry(store, options).delete('a/b'));
    expect(store.calls).toEqual(['putBytes', 'delete']);
  });

  it('goes on with a read where it broke, whole object or range', async () => {
    const store = new FlakyStore();
    const bytes = patterned(1_000_000);
    store.objects.set('a/b', { bytes, lastModified: new Date() });
    store.breakAfterChunks = 2;
    expect(bytes.equals(await bytesOf(withRetry(store, options), 'a/b'))).toBe(true);
    const range = { offset: 123_456, length: 500_000 };
    const part = await bytesOf(withRetry(store, options), 'a/b', range);
    expect(part.equals(bytes.subarray(123_456, 623_456))).toBe(true);
  });

  it('gives a read up that does not advance, and one whose object is gone', async () => {
    const store = new FlakyStore();
    store.objects.set('a/b', { bytes: patterned(1_000_000), lastModified: new Date() });
    store.breakAfterChunks = 0;
    await assertFails('unavailable', withRetry(store, options).read('a/b').then(drained));
    expect(store.calls.filter((call) => call === 'read')).toHaveLength(4);
    store.breakAfterChunks = 1;
    const stream = await withRetry(store, options).read('a/b', { offset: 0, length: 1_000_000 });
    store.objects.clear();
    await assertFails('not-found', drained(stream));
  });

  it('goes on with a list after its last key', async () => {
    const store = new FlakyStore();
    const keys = Array.from({ length: 20 }, (_, index) => `a/${index + 10}`);
    for (const key of keys) store.objects.set(key, { bytes: Buffer.alloc(0), lastModified: new Date() });
    store.breakAfterChunks = 3;
    expect(await keysOf(withRetry(store, options), 'a/')).toEqual(keys);
    expect(await keysOf(withRetry(store, options), 'a/', 'a/15')).toEqual(keys.slice(6));
    store.breakAfterChunks = 0;
    await assertFails('unavailable', keysOf(withRetry(store, options), 'a/'));
  });

  it('does not take an error of the consumer for one of the store', async () => {
    const store = new FlakyStore();
    store.objects.set('a/b', { bytes: patterned(1_000_000), lastModified: new Date() });
    const consume = async (): Promise<void> => {
      for await (const { key } of withRetry(store, options).list('a/'))
        throw new StorageError('unavailable', key);
    };
    await assertFails('unavailable', consume());
    expect(store.calls).toEqual(['list']);
    const stream = await withRetry(store, options).read('a/b');
    stream.destroy(new StorageError('unavailable', 'by the consumer'));
    await assertFails('unavailable', drained(stream));
    expect(store.calls).toEqual(['list', 'read']);
  });

  it('stops waiting when the caller gives up', async () => {
    const store = new FlakyStore();
    store.failures = 10;
    const controller = new AbortController();
    const call = withRetry(store, { firstPauseMs: 60_000, longestPauseMs: 60_000 }).stat(
      'a/b',
      controller.signal,
    );
    controller.abort();
    await assertFails('aborted', call);
  });
});

describe('withLimit', () => {
  it('lets no more puts and reads through than it may, and loses none', async () => {
    let [running, most] = [0, 0];
    class Slow extends MemoryObjectStore {
      override async putBytes(key: string, bytes: Uint8Array): Promise<void> {
        running += 1;
        most = Math.max(most, running);
        await sleep(2);
        running -= 1;
        await super.putBytes(key, bytes);
      }
    }
    const store = withLimit(new Slow(), { puts: 3, reads: 2 });
    await Promise.all(Array.from({ length: 20 }, (_, index) => store.putBytes(`a/${index}`, patterned(10))));
    expect(most).toBe(3);
    expect(await keysOf(store, 'a/')).toHaveLength(20);
    const reads = await Promise.all(Array.from({ length: 20 }, (_, index) => bytesOf(store, `a/${index}`)));
    expect(reads.every((bytes) => bytes.equals(patterned(10)))).toBe(true);
  });

  it('counts a read until its stream is closed, and frees it after a failure', async () => {
    const store = withLimit(new MemoryObjectStore(), { puts: 1, reads: 1, maximumWaiting: 1 });
    await store.putBytes('a/b', patterned(100_000));
    await assertFails('not-found', store.read('a/absent'));
    const first = await store.read('a/b');
    const second = store.read('a/b');
    await assertFails('busy', store.read('a/b'));
    first.destroy();
    (await second).destroy();
    expect(await bytesOf(store, 'a/b')).toHaveLength(100_000);
  });

  it('lets a waiting caller give up, and takes the next', async () => {
    const store = withLimit(new MemoryObjectStore(), { puts: 1, reads: 1 });
    await store.putBytes('a/b', patterned(10));
    const first = await store.read('a/b');
    const controller = new AbortController();
    const second = store.read('a/b', undefined, controller.signal);
    const third = store.read('a/b');
    controller.abort();
    await assertFails('aborted', second);
    first.destroy();
    expect(await third.then(drained)).toHaveLength(patterned(10).toString().length);
  });
});

describe('withEvents', () => {
  it('tells each call once, with what it moved, how long it took and how it went', async () => {
    const events: StoreEvent[] = [];
    let now = 0;
    const store = withEvents(new MemoryObjectStore(), {
      onEvent: (event) => events.push(event),
      now: () => (now += 5),
    });
    await store.putBytes('a/b', patterned(100_000));
    await store.putFile('a/c', await folder.spool(patterned(20)));
    await store.putBytes('a/b', patterned(10)).catch(() => undefined);
    await store.stat('a/b');
    await store.read('a/b', { offset: 0, length: 70_000 }).then(drained);
    await store.read('a/absent').catch(() => undefined);
    await keysOf(store, 'a/');
    await store.delete('a/b');
    await store.check();
    const left = await store.read('a/c');
    await new Promise((resolve) => left.once('close', resolve).destroy());
    await sleep(1);
    expect(events.map(({ operation, key, bytes, outcome }) => [operation, key, bytes, outcome])).toEqual([
      ['putBytes', 'a/b', 100_000, 'success'],
      ['putFile', 'a/c', 20, 'success'],
      ['putBytes', 'a/b', 0, 'exists'],
      ['stat', 'a/b', 0, 'success'],
      ['read', 'a/b', 70_000, 'success'],
      ['read', 'a/absent', 0, 'not-found'],
      ['list', 'a/', 0, 'success'],
      ['delete', 'a/b', 0, 'success'],
      ['check', '', 0, 'success'],
      ['read', 'a/c', expect.any(Number), 'aborted'],
    ]);
    expect(events.every(({ durationMs, store }) => durationMs > 0 && store === 'filesystem')).toBe(true);
  });
});
