// Object Lock against a real server: what is locked stays, and says why.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'minio';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { s3ForTests } from '../testing/ceph.ts';
import { assertAbsent, assertFails, assertHolds, patterned } from '../testing/suite-assertions.ts';
import { createS3Store, type S3StoreOptions } from './s3-store.ts';

const s3 = await s3ForTests();
const server: S3StoreOptions = s3.server ?? {
  endpoint: 'http://127.0.0.1:9',
  region: '',
  bucket: '',
  accessKey: '',
  secretKey: '',
};
const { hostname, port } = new URL(server.endpoint);
const { region, accessKey, secretKey } = server;
const client = new Client({
  endPoint: hostname,
  port: Number(port),
  useSSL: false,
  region,
  accessKey,
  secretKey,
});
const bucket = `locks-${randomUUID()}`;
const store = createS3Store({ ...server, bucket });
const bytes = patterned(10);

describe.skipIf(s3.server === undefined)(`object lock ${s3.server ? '' : s3.reason}`, () => {
  beforeAll(async () => {
    await client.makeBucket(bucket, '', { ObjectLocking: true });
  });
  afterAll(async () => {
    await client.removeBucket(bucket);
    await s3.release();
  });

  it('is asked of the bucket', async () => {
    expect(await store.canLock()).toBe(true);
    expect(await createS3Store(server).canLock()).toBe(false);
    const missing = createS3Store({ ...server, bucket: `missing-${randomUUID()}` });
    await assertFails('unavailable', missing.canLock());
  });

  it('keeps an object under a legal hold until it is taken off', async () => {
    await store.putBytes('v1/held', bytes);
    expect(await store.readLock('v1/held')).toEqual({ hasLegalHold: false, retainedUntil: undefined });
    await store.setLegalHold('v1/held', true);
    await store.setLegalHold('v1/held', true);
    expect(await store.readLock('v1/held')).toMatchObject({ hasLegalHold: true });
    await assertFails('locked', store.delete('v1/held'));
    await assertHolds(store, 'v1/held', bytes);
    await store.setLegalHold('v1/held', false);
    expect(await store.readLock('v1/held')).toMatchObject({ hasLegalHold: false });
    await store.delete('v1/held');
    await assertAbsent(store, 'v1/held');
  });

  it('keeps an object that is retained until its time has passed, which is never shortened', async () => {
    await store.putBytes('v1/retained', bytes);
    const until = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 3_000);
    await store.retainUntil('v1/retained', until);
    await store.retainUntil('v1/retained', new Date(until.getTime() - 2_000));
    expect((await store.readLock('v1/retained')).retainedUntil).toEqual(until);
    await assertFails('locked', store.delete('v1/retained'));
    await assertHolds(store, 'v1/retained', bytes);
    await sleep(until.getTime() - Date.now() + 1_100);
    await store.delete('v1/retained');
    await assertAbsent(store, 'v1/retained');
  });

  it('locks every version', async () => {
    await store.putBytes('v1/several', bytes);
    await client.removeObject(bucket, 'v1/several');
    await store.putBytes('v1/several', patterned(20));
    await store.setLegalHold('v1/several', true);
    await assertFails('locked', store.delete('v1/several'));
    const versions = await client.listObjectsQuery(bucket, 'v1/several', '', {
      Delimiter: '',
      MaxKeys: 10,
      IncludeVersion: true,
    });
    expect(
      versions.objects?.filter((version) => !('isDeleteMarker' in version && version.isDeleteMarker)),
    ).toHaveLength(2);
    await store.setLegalHold('v1/several', false);
    await store.delete('v1/several');
  });

  it('says not-found for an object that is not there', async () => {
    for (const call of [
      () => store.readLock('v1/none'),
      () => store.setLegalHold('v1/none', true),
      () => store.retainUntil('v1/none', new Date()),
    ])
      await assertFails('not-found', call());
  });
});
