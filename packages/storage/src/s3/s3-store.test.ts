// The S3 store against a real server: the conformance suite, once with single PUTs and once with multipart uploads,
// and what is special about a bucket.
import { randomUUID } from 'node:crypto';
import { Client } from 'minio';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { s3ForTests } from '../testing/ceph.ts';
import { objectStoreCases } from '../testing/object-store-suite.ts';
import { newSpoolFolder, type SpoolFolder } from '../testing/spool-folder.ts';
import { assertAbsent, assertFails, assertHolds, keysOf, patterned } from '../testing/suite-assertions.ts';
import { rangeCases } from '../testing/suite-ranges.ts';
import { listObjects } from './list-objects.ts';
import { S3Connection } from './s3-connection.ts';
import { createS3Store, type S3StoreOptions } from './s3-store.ts';

const s3 = await s3ForTests();
const mebibyte = 1024 * 1024;
const options: S3StoreOptions = {
  ...(s3.server ?? { endpoint: 'http://127.0.0.1:9', region: '', bucket: '', accessKey: '', secretKey: '' }),
  prefix: `test-${randomUUID()}/`,
};
let folder: SpoolFolder;

beforeAll(async () => {
  folder = await newSpoolFolder();
});
afterAll(async () => {
  if (s3.server) await removeAll(options);
  await folder.remove();
  await s3.release();
});

async function removeAll(of: S3StoreOptions): Promise<void> {
  const store = createS3Store(of);
  const keys = await keysOf(store, '');
  for (let at = 0; at < keys.length; at += 16) {
    await Promise.all(keys.slice(at, at + 16).map((key) => store.delete(key)));
  }
}

const multipart = { ...options, singlePutLimitBytes: 100_000, partSizeBytes: 5 * mebibyte };
const variants = { 'single PUTs': options, 'multipart uploads': multipart };

describe.skipIf(s3.server === undefined)(`the S3 store ${s3.server ? '' : s3.reason}`, () => {
  for (const [name, variant] of Object.entries(variants)) {
    describe(`conforms with ${name}`, () => {
      const store = createS3Store(variant);
      for (const { name, run } of objectStoreCases) {
        it(name, () => run({ store, prefix: `suite/${randomUUID()}/`, spool: folder.spool }));
      }
      for (const { name, run } of rangeCases) {
        it(name, () => run({ store, prefix: `suite/${randomUUID()}/` }));
      }
    });
  }

  it('puts a large object in parts, whole', async () => {
    const store = createS3Store(multipart);
    const bytes = patterned(5 * mebibyte * 3 + 12_345, 7);
    await store.putFile('large/one', await folder.spool(bytes));
    await assertHolds(store, 'large/one', bytes);
    await assertFails('exists', store.putFile('large/one', await folder.spool(bytes)));
    await assertHolds(store, 'large/one', bytes);
    expect(await createS3Store(options).removeUnfinished(new Date(Date.now() + 60_000))).toBe(0);
  });

  it('puts an object whose last part is exactly full', async () => {
    const store = createS3Store(multipart);
    const bytes = patterned(5 * mebibyte * 2, 8);
    await store.putFile('large/two', await folder.spool(bytes));
    await assertHolds(store, 'large/two', bytes);
  });

  it('uses the MD5 of the writer instead of reading the file once more, and the server checks it', async () => {
    const store = createS3Store(options);
    const file = await folder.spool(patterned(2 * mebibyte));
    await assertFails('damaged', store.putFile('md5/wrong', { ...file, md5: '0'.repeat(32) }));
    await assertAbsent(store, 'md5/wrong');
  });

  it('lists page after page, in order and from any key on', async () => {
    const store = createS3Store(options);
    const keys = Array.from({ length: 30 }, (_, index) => `pages/${String(index).padStart(5, '0')}`);
    await Promise.all(keys.map((key) => store.putBytes(key, Buffer.from(key))));
    const listed = async (pageSize: number, after?: string): Promise<string[]> => {
      const found: string[] = [];
      const from = after === undefined ? {} : { after };
      const connection = new S3Connection(options);
      for await (const { key } of listObjects(connection, options.prefix ?? '', 'pages/', from, pageSize))
        found.push(key);
      return found;
    };
    expect(await keysOf(store, 'pages/')).toEqual(keys);
    for (const pageSize of [1, 7, 10, 29, 30, 31]) expect(await listed(pageSize)).toEqual(keys);
    expect(await listed(7, 'pages/00019')).toEqual(keys.slice(20));
  });

  it('aborts uploads that nobody finished, and only old ones below its own prefix', async () => {
    const { bucket, prefix = '' } = options;
    const client = clientOf(options);
    const mine = await client.initiateNewMultipartUpload(bucket, `${prefix}v1/left`, {});
    const other = await client.initiateNewMultipartUpload(bucket, `other-${prefix}v1/left`, {});
    const store = createS3Store(options);
    expect(await store.removeUnfinished(new Date(Date.now() - 3_600_000))).toBe(0);
    expect(await store.removeUnfinished(new Date(Date.now() + 3_600_000))).toBe(1);
    await expect(client.abortMultipartUpload(bucket, `${prefix}v1/left`, mine)).rejects.toMatchObject({
      code: 'NoSuchUpload',
    });
    await client.abortMultipartUpload(bucket, `other-${prefix}v1/left`, other);
  });

  it('deletes every version in a bucket that keeps versions', async () => {
    const client = clientOf(options);
    const bucket = `versions-${randomUUID()}`;
    await client.makeBucket(bucket);
    await client.setBucketVersioning(bucket, { Status: 'Enabled' });
    const store = createS3Store({ ...options, bucket, prefix: '' });
    for (let round = 0; round < 3; round += 1) {
      await store.putBytes('v1/a', patterned(10 + round));
      await client.removeObject(bucket, 'v1/a');
    }
    await store.putBytes('v1/a', patterned(100));
    await store.putBytes('v1/a.b', patterned(50));
    await store.delete('v1/a');
    await assertAbsent(store, 'v1/a');
    const left = await client.listObjectsQuery(bucket, '', '', {
      Delimiter: '',
      MaxKeys: 100,
      IncludeVersion: true,
    });
    expect(left.objects?.map(({ name }) => name)).toEqual(['v1/a.b']);
    await store.delete('v1/a.b');
    await client.removeBucket(bucket);
  });

  it('tells a bucket that is missing from an object that is', async () => {
    const store = createS3Store({ ...options, bucket: `missing-${randomUUID()}` });
    for (const call of [
      () => store.stat('v1/a'),
      () => store.read('v1/a'),
      () => store.putBytes('v1/a', patterned(1)),
      () => store.check(),
      () => store.delete('v1/a'),
      () => keysOf(store, 'v1/'),
    ]) {
      await assertFails('unavailable', call());
    }
  });

  it('says access-denied for a wrong secret', async () => {
    const store = createS3Store({ ...options, secretKey: 'wrong' });
    await assertFails('access-denied', store.check());
    await assertFails('access-denied', store.putBytes('v1/a', patterned(1)));
    await assertFails('access-denied', store.read('v1/a'));
  });

  it('stores nothing of a spool file that was cut after it was sealed', async () => {
    const { truncate } = await import('node:fs/promises');
    for (const [key, size] of [
      ['cut/single', 2 * mebibyte],
      ['cut/parts', 11 * mebibyte],
    ] as const) {
      const store = createS3Store({ ...multipart, singlePutLimitBytes: 3 * mebibyte });
      const file = await folder.spool(patterned(size));
      const put = store.putFile(key, file);
      await truncate(file.path, size - 100_000);
      await expect(put).rejects.toMatchObject({ name: 'StorageError' });
      await assertAbsent(store, key);
    }
  });
});

function clientOf({ endpoint, region, accessKey, secretKey }: S3StoreOptions): Client {
  const { hostname, port } = new URL(endpoint);
  return new Client({ endPoint: hostname, port: Number(port), useSSL: false, region, accessKey, secretKey });
}
