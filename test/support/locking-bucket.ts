/** A bucket that locks objects, on a real S3 server, for one test file. */
import { randomUUID } from 'node:crypto';
import { type Database, placeHold, type WrittenScope } from '@sandyq/database';
import { createS3Store, type ObjectLocks, type ObjectStore } from '@sandyq/storage';
import type { S3TestServer } from '@sandyq/storage/testing';
import { Client } from 'minio';
import { startArchive, type TestArchive } from './start-archive.ts';

export interface LockingBucket {
  readonly store: ObjectStore & ObjectLocks;
  /** An archive below a prefix of its own: a new index begins with an empty store. Nothing is compacted by itself. */
  readonly startArchive: (prefix: string) => Promise<TestArchive>;
  /** Takes legal holds off, and removes everything. */
  readonly remove: () => Promise<void>;
}

export async function makeLockingBucket(server: S3TestServer): Promise<LockingBucket> {
  const { endpoint, region, accessKey, secretKey } = server;
  const { hostname, port } = new URL(endpoint);
  const bucket = `object-lock-${randomUUID()}`;
  const client = new Client({
    endPoint: hostname,
    port: Number(port),
    useSSL: false,
    region,
    accessKey,
    secretKey,
  });
  await client.makeBucket(bucket, '', { ObjectLocking: true });
  const store = createS3Store({ ...server, bucket });
  return {
    store,
    startArchive: (prefix) =>
      startArchive({
        environment: {
          S3_ENDPOINT: endpoint,
          S3_REGION: region,
          S3_BUCKET: bucket,
          S3_ACCESS_KEY: accessKey,
          S3_SECRET_KEY: secretKey,
          SANDYQ_S3_PREFIX: prefix,
          SANDYQ_COMPACT_BYTES_PER_SECOND: '0',
        },
      }),
    remove: async () => {
      for await (const { key } of store.list('')) {
        await store.setLegalHold(key, false);
        await store.delete(key);
      }
      await client.removeBucket(bucket);
    },
  };
}

/** Places a hold of this scope; returns its id. */
export async function placeHoldOn(database: Database, scope: WrittenScope): Promise<string> {
  const legalHoldId = randomUUID();
  const order = { reason: 'r', authority: 'a', owner: 'o', reviewOn: '2090-01-31' };
  await database.inTransaction((client) => placeHold(client, { legalHoldId, scope, ...order }, 'alice'));
  return legalHoldId;
}
