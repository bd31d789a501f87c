// What networks, balancers and servers do to a single PUT, planted by a proxy before a real server.
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { assertAbsent, assertFails, assertHolds, patterned } from '../testing/suite-assertions.ts';
import { createS3Store } from './s3-store.ts';
import { isPut, newProxiedStore } from './testing/proxied-store.ts';

const kit = await newProxiedStore();
const { direct, faultOn, folder, newKey, proxy, server, throughProxy } = kit;
const mebibyte = 1024 * 1024;
setFlagsFromString('--expose-gc');
/** What is held is judged, not what nobody has collected yet: that depends on how busy the machine is. */
const collectGarbage: () => void = runInNewContext('gc');

afterEach(kit.reset);
afterAll(kit.close);

describe.skipIf(!kit.s3.server)(`a single PUT ${kit.s3.reason ?? ''}`, () => {
  it('states length and MD5, is conditional, and is sent once', async () => {
    const headers: Record<string, unknown>[] = [];
    faultOn((request) => isPut(request) && headers.push(request.headers) > 0, { kind: 'pass' });
    const key = newKey();
    await throughProxy().putFile(key, await folder.spool(patterned(3 * mebibyte)));
    expect(headers).toHaveLength(1);
    expect(headers[0]).toMatchObject({ 'content-length': String(3 * mebibyte), 'if-none-match': '*' });
    expect(headers[0]?.['content-md5']).toMatch(/^[\w+/]{22}==$/);
    expect(headers[0]?.['authorization']).toMatch(/SignedHeaders=[^,]*content-md5;[^,]*if-none-match/);
    expect(proxy.seen).toHaveLength(1);
  });

  for (const fault of [
    { kind: 'break-after' },
    { kind: 'answer-after', status: 500 },
    { kind: 'answer-after', status: 503 },
    { kind: 'answer-after', status: 504 },
  ] as const) {
    it(`${JSON.stringify(fault)}: it looks, finds its object, and says success`, async () => {
      faultOn(isPut, fault);
      for (const bytes of [patterned(10), patterned(3 * mebibyte)]) {
        const key = newKey();
        await throughProxy().putFile(key, await folder.spool(bytes));
        await assertHolds(server, key, bytes);
      }
      expect(proxy.seen.filter((request) => request.startsWith('PUT'))).toHaveLength(2);
    });
  }

  for (const fault of [
    { kind: 'break-before' },
    { kind: 'break-body', afterBytes: 100_000 },
    { kind: 'answer', status: 503 },
    { kind: 'answer', status: 500 },
    { kind: 'answer', status: 429 },
    { kind: 'stall' },
  ] as const) {
    it(`${JSON.stringify(fault)}: it looks, finds nothing, and says unavailable, once`, async () => {
      faultOn(isPut, fault);
      const key = newKey();
      const put = throughProxy({ idleTimeoutMs: 300 }).putFile(
        key,
        await folder.spool(patterned(3 * mebibyte)),
      );
      await expect(put).rejects.toMatchObject({ name: 'StorageError', code: 'unavailable', retryable: true });
      expect(proxy.seen.map((request) => request.split(' ')[0])).toEqual(['PUT', 'HEAD', 'HEAD']);
      await assertAbsent(server, key);
    });
  }

  it('a broken connection and another object under the key is exists', async () => {
    faultOn(isPut, { kind: 'break-before' });
    const key = newKey();
    await server.putBytes(key, patterned(10, 1));
    await assertFails('exists', throughProxy().putBytes(key, patterned(10, 2)));
    await assertFails('exists', throughProxy().putBytes(key, patterned(11, 1)));
    await assertHolds(server, key, patterned(10, 1));
  });

  it('an outcome that cannot be looked up is unavailable and says so', async () => {
    proxy.setFault(({ method }) =>
      method === 'PUT' ? { kind: 'break-after' } : { kind: 'answer', status: 503 },
    );
    const put = throughProxy().putBytes(newKey(), patterned(10));
    await expect(put).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('outcome is unknown'),
    });
  });

  it('409, as AWS answers a writer that lost a race, is exists', async () => {
    faultOn(isPut, {
      kind: 'answer',
      status: 409,
      body: '<Error><Code>ConditionalRequestConflict</Code></Error>',
    });
    await assertFails('exists', throughProxy().putBytes(newKey(), patterned(10)));
  });

  it('an ETag that is not the MD5 is damaged, unless the bucket is known to have opaque ones', async () => {
    faultOn(isPut, { kind: 'headers', answer: { etag: '"0123456789abcdef0123456789abcdef"' } });
    await assertFails('damaged', throughProxy().putBytes(newKey(), patterned(10)));
    const key = newKey();
    await throughProxy({ etag: 'opaque' }).putBytes(key, patterned(10));
    await assertHolds(server, key, patterned(10));
  });

  it('with opaque ETags an unknown outcome is settled by reading back', async () => {
    faultOn(isPut, { kind: 'break-after' });
    const key = newKey();
    await throughProxy({ etag: 'opaque' }).putBytes(key, patterned(1000));
    expect(proxy.seen.map((request) => request.split(' ')[0])).toEqual(['PUT', 'HEAD', 'GET']);
    await assertFails('exists', throughProxy({ etag: 'opaque' }).putBytes(key, patterned(1000, 2)));
  });

  it('given up in the middle is aborted, and nothing is stored', async () => {
    const controller = new AbortController();
    faultOn((request) => isPut(request) && (setTimeout(() => controller.abort(), 20), true), {
      kind: 'stall',
    });
    const key = newKey();
    const put = throughProxy().putFile(key, await folder.spool(patterned(3 * mebibyte)), controller.signal);
    await assertFails('aborted', put);
    await assertAbsent(server, key);
  });

  it('needs no more memory for a large file than for a small one', async () => {
    const path = join(folder.path, 'large');
    await writeFile(path, '');
    await truncate(path, 200 * mebibyte);
    const heldBytes = () => (collectGarbage(), process.memoryUsage().arrayBuffers);
    const before = heldBytes();
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, heldBytes() - before);
    }, 50);
    const keys = [newKey(), newKey()] as const;
    await createS3Store({ ...direct, singlePutLimitBytes: 300 * mebibyte }).putFile(keys[0], {
      path,
      size: 200 * mebibyte,
    });
    await createS3Store(direct).putFile(keys[1], { path, size: 200 * mebibyte });
    clearInterval(watch);
    expect((await server.stat(keys[0]))?.size).toBe(200 * mebibyte);
    expect((await server.stat(keys[1]))?.size).toBe(200 * mebibyte);
    expect(most / mebibyte).toBeLessThan(40);
    for (const key of keys) await server.delete(key);
  }, 60_000);
});
