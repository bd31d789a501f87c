// What can go wrong with reading and listing, planted by a proxy before a real server.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startFaultyProxy } from '../testing/faulty-proxy.ts';
import { assertFails, bytesOf, drained, keysOf, patterned } from '../testing/suite-assertions.ts';
import { withRetry } from '../wrappers/with-retry.ts';
import { createS3Store } from './s3-store.ts';
import { isGet, newProxiedStore, nowhere } from './testing/proxied-store.ts';

const kit = await newProxiedStore();
const { direct, faultOn, newKey, proxy, server, throughProxy } = kit;

afterEach(kit.reset);
afterAll(kit.close);

describe.skipIf(!kit.s3.server)('a read', () => {
  const bytes = patterned(5_000_000);
  const key = 'v1/to-be-read';
  const range = { offset: 1_000_000, length: 3_000_000 };
  beforeAll(() => (kit.s3.server ? server.putBytes(key, bytes) : undefined));

  for (const fault of [
    { kind: 'break-answer', afterBytes: 500_000 },
    { kind: 'stall-answer', afterBytes: 500_000 },
  ] as const) {
    it(`${fault.kind}: the stream errors, and a retry goes on where it broke`, async () => {
      faultOn(isGet, fault);
      const store = throughProxy({ idleTimeoutMs: 300 });
      await assertFails('unavailable', store.read(key, range).then(drained));
      await assertFails('unavailable', store.read(key).then(drained));
      let left = 3;
      faultOn((request) => isGet(request) && left-- > 0, fault);
      const retried = withRetry(store, { pause: async () => undefined });
      expect(bytes.subarray(1_000_000, 4_000_000).equals(await bytesOf(retried, key, range))).toBe(true);
      left = 3;
      expect(bytes.equals(await bytesOf(retried, key))).toBe(true);
    });
  }

  it('a server that ignores the range is a bad answer, not other bytes', async () => {
    faultOn(isGet, { kind: 'answer', status: 200, body: bytes, headers: { 'content-length': bytes.length } });
    await assertFails('bad-answer', throughProxy().read(key, range));
    await assertFails('bad-answer', throughProxy().read(key, { offset: 0, length: 10 }));
    const whole = await bytesOf(throughProxy(), key, { offset: 0, length: bytes.length });
    expect(whole.equals(bytes)).toBe(true);
  });

  it('a server that answers another range or no length is a bad answer', async () => {
    faultOn(isGet, { kind: 'headers', answer: { 'content-range': 'bytes 0-2999999/5000000' } });
    await assertFails('bad-answer', throughProxy().read(key, range));
    faultOn(isGet, { kind: 'headers', answer: { 'content-length': undefined } });
    await assertFails('bad-answer', throughProxy().read(key));
  });

  it('is not given up because its consumer is slow', async () => {
    const stream = await throughProxy({ idleTimeoutMs: 200 }).read(key);
    const chunks: Buffer[] = [];
    let slowed = false;
    for await (const chunk of stream) {
      chunks.push(chunk as Buffer);
      if (!slowed) await new Promise((resolve) => setTimeout(resolve, 700));
      slowed = true;
    }
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  it('keeps to its connections, and never makes a put wait', async () => {
    const own = await startFaultyProxy(direct.endpoint);
    try {
      const store = createS3Store({ ...direct, endpoint: own.endpoint, connections: 4 });
      const streams = await Promise.all(Array.from({ length: 4 }, () => store.read(key)));
      const waiting = Promise.all(Array.from({ length: 12 }, () => bytesOf(store, key)));
      await store.putBytes(newKey(), patterned(10));
      for (const stream of streams) stream.resume();
      for (const read of await waiting) expect(read.equals(bytes)).toBe(true);
      expect(own.mostConnections()).toBeLessThanOrEqual(5);
    } finally {
      await own.close();
    }
  });

  it('a server that never answers, or is not there, is unavailable', async () => {
    proxy.setFault(() => ({ kind: 'stall' }));
    await assertFails('unavailable', throughProxy({ idleTimeoutMs: 200 }).read(key));
    await assertFails('unavailable', throughProxy({ idleTimeoutMs: 200 }).check());
    await assertFails('unavailable', createS3Store(nowhere).read(key));
    await assertFails('unavailable', createS3Store(nowhere).check());
  });
});

describe.skipIf(!kit.s3.server)('a list', () => {
  it('out of order, or a page of nothing that claims more, is a bad answer', async () => {
    const entry = (name: string): string =>
      `<Contents><Key>${encodeURIComponent(direct.prefix ?? '')}v1/${name}</Key><Size>1</Size><LastModified>2026-01-01T00:00:00Z</LastModified></Contents>`;
    const page = (...names: string[]): string =>
      `<ListBucketResult><IsTruncated>${names.length === 0}</IsTruncated>${names.map(entry).join('')}</ListBucketResult>`;
    for (const body of [page('b', 'a'), page('a', 'a'), page()]) {
      faultOn((request) => request.url.includes('list-type=2'), { kind: 'answer', status: 200, body });
      await assertFails('bad-answer', keysOf(throughProxy(), 'v1/'));
    }
  });
});
