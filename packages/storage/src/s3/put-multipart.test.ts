// What can go wrong with a multipart upload, planted by a proxy before a real server.
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { StorageError } from '../errors.ts';
import type { FileSystem } from '../file-system/file-system.ts';
import { nodeFileSystem } from '../file-system/node-file-system.ts';
import { assertAbsent, assertFails, assertHolds, patterned } from '../testing/suite-assertions.ts';
import { S3Connection } from './s3-connection.ts';
import { isCompletion, isPart, newProxiedStore, partSizeBytes } from './testing/proxied-store.ts';

const kit = await newProxiedStore();
const { direct, faultOn, folder, newKey, proxy, server, throughProxy, uploadsLeft } = kit;
const mebibyte = 1024 * 1024;

afterEach(kit.reset);
afterAll(kit.close);

describe.skipIf(!kit.s3.server)('a multipart upload', () => {
  const bytes = patterned(12 * mebibyte + 17);

  it('never resumes an upload that somebody left under the same key', async () => {
    const key = newKey();
    const connection = new S3Connection(direct);
    const objectName = `${direct.prefix}${key}`;
    const left = await connection.call({ what: 'begin' }, (client) =>
      client.initiateNewMultipartUpload(connection.bucket, objectName, {}),
    );
    const part = { bucketName: connection.bucket, objectName, uploadID: left, partNumber: 1, headers: {} };
    await connection.call({ what: 'part' }, (client) =>
      client.uploadPart(part, patterned(partSizeBytes, 99)),
    );
    await throughProxy().putFile(key, await folder.spool(bytes));
    await assertHolds(server, key, bytes);
    expect(proxy.seen.filter((request) => request.includes(encodeURIComponent(left)))).toEqual([]);
    expect(await uploadsLeft()).toBe(1);
  });

  it('is aborted when a part fails, and leaves nothing', async () => {
    for (const fault of [
      { kind: 'answer', status: 503 },
      { kind: 'break-after' },
      { kind: 'break-body', afterBytes: 1_000_000 },
      { kind: 'headers', answer: { etag: undefined } },
      { kind: 'headers', answer: { etag: '"0123456789abcdef0123456789abcdef"' } },
    ] as const) {
      faultOn((request) => isPart(request) && request.url.includes('partNumber=2&'), fault);
      const key = newKey();
      await expect(throughProxy().putFile(key, await folder.spool(bytes))).rejects.toBeInstanceOf(
        StorageError,
      );
      await assertAbsent(server, key);
      expect(await uploadsLeft()).toBe(0);
    }
  });

  it('is aborted when the spool file cannot be read to its end: an error, no crash, no hang', async () => {
    const key = newKey();
    const real = nodeFileSystem();
    const fileSystem: FileSystem = {
      ...real,
      open: async (path, mode) => {
        const file = await real.open(path, mode);
        return {
          path,
          write: (bytes, position) => file.write(bytes, position),
          writev: (chunks, position) => file.writev(chunks, position),
          truncate: (length) => file.truncate(length),
          sync: () => file.sync(),
          stat: () => file.stat(),
          close: () => file.close(),
          read: async (into, position) => {
            // Readable when the MD5 is computed, no longer when it is sent.
            if (position > 6 * mebibyte && proxy.seen.length > 1)
              throw new StorageError('io-error', 'planted');
            return file.read(into, position);
          },
        };
      },
    };
    await assertFails(
      'io-error',
      throughProxy({ fileSystem, partConcurrency: 1 }).putFile(key, await folder.spool(bytes)),
    );
    await assertAbsent(server, key);
    expect(await uploadsLeft()).toBe(0);
  });

  it('says success after a completion whose answer was lost', async () => {
    faultOn(isCompletion, { kind: 'break-after' });
    const key = newKey();
    await throughProxy().putFile(key, await folder.spool(bytes));
    await assertHolds(server, key, bytes);
  });

  it('is aborted after a completion that failed, also with status 200', async () => {
    const body = '<?xml version="1.0"?>\n<Error><Code>InternalError</Code></Error>';
    for (const fault of [
      { kind: 'answer', status: 200, body },
      { kind: 'answer', status: 503 },
      { kind: 'break-before' },
    ] as const) {
      faultOn(isCompletion, fault);
      const key = newKey();
      await assertFails('unavailable', throughProxy().putFile(key, await folder.spool(bytes)));
      await assertAbsent(server, key);
      expect(await uploadsLeft()).toBe(0);
    }
  });

  it('does not replace an object that appeared while the parts were sent', async () => {
    const key = newKey();
    let made: Promise<void> | undefined;
    faultOn(
      (request) => {
        if (isPart(request)) made ??= server.putBytes(key, patterned(10));
        return false;
      },
      { kind: 'pass' },
    );
    await assertFails('exists', throughProxy().putFile(key, await folder.spool(bytes)));
    await made;
    await assertHolds(server, key, patterned(10));
    expect(await uploadsLeft()).toBe(0);
  });

  it('is damaged if the store has another size afterwards', async () => {
    let completed = false;
    proxy.setFault((request) => {
      completed ||= isCompletion(request);
      return completed && request.method === 'HEAD'
        ? { kind: 'headers', answer: { 'content-length': '5' } }
        : { kind: 'pass' };
    });
    await assertFails('damaged', throughProxy().putFile(newKey(), await folder.spool(bytes)));
  });

  it('is aborted when it is given up', async () => {
    const controller = new AbortController();
    faultOn((request) => isPart(request) && (setTimeout(() => controller.abort(), 20), true), {
      kind: 'stall',
    });
    const key = newKey();
    await assertFails('aborted', throughProxy().putFile(key, await folder.spool(bytes), controller.signal));
    await assertAbsent(server, key);
    expect(await uploadsLeft()).toBe(0);
  });

  it('tells whom it may concern when it could not be aborted', async () => {
    const failures: unknown[] = [];
    proxy.setFault((request) =>
      isPart(request) || request.method === 'DELETE' ? { kind: 'answer', status: 503 } : { kind: 'pass' },
    );
    const store = throughProxy({ onCleanupFailure: (error) => failures.push(error) });
    await assertFails('unavailable', store.putFile(newKey(), await folder.spool(bytes)));
    expect(failures).toMatchObject([{ code: 'unavailable' }]);
    expect(await uploadsLeft()).toBe(1);
  });
});
