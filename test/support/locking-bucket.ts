/** A bucket that locks objects, on a real S3 server, for one test file. */
import { createHash, randomUUID } from 'node:crypto';
import {
  adoptSchedule,
  type Database,
  placeHold,
  proposeSchedule,
  type WrittenScope,
} from '@sandyq/database';
import type { Environment } from '@sandyq/http';
import { createS3Store } from '@sandyq/storage';
import type { S3TestServer } from '@sandyq/storage/testing';
import { startArchive, type TestArchive } from './start-archive.ts';
import { minioClient } from './test-store.ts';

export type LockingStore = ReturnType<typeof createS3Store>;

export interface LockingBucket {
  readonly store: LockingStore;
  /** A part of it. */
  readonly storeAt: (prefix: string) => LockingStore;
  /** An archive below a prefix of its own: a new index begins with an empty store. Nothing is compacted by itself. */
  readonly startArchive: (prefix: string, environment?: Environment) => Promise<TestArchive>;
  /** Settings of another store of an archive, below a prefix. */
  readonly settingsOf: (name: 'COLD' | 'REPLICA', prefix: string) => Environment;
  /** Takes legal holds off, and removes everything. */
  readonly remove: () => Promise<void>;
}

export async function makeLockingBucket(server: S3TestServer): Promise<LockingBucket> {
  const { endpoint, region, accessKey, secretKey } = server;
  const bucket = `object-lock-${randomUUID()}`;
  const client = minioClient(server);
  await client.makeBucket(bucket, '', { ObjectLocking: true });
  const store = createS3Store({ ...server, bucket });
  return {
    store,
    storeAt: (prefix) => createS3Store({ ...server, bucket, prefix }),
    settingsOf: (name, prefix) => ({
      [`S3_${name}_ENDPOINT`]: endpoint,
      [`S3_${name}_REGION`]: region,
      [`S3_${name}_BUCKET`]: bucket,
      [`S3_${name}_ACCESS_KEY`]: accessKey,
      [`S3_${name}_SECRET_KEY`]: secretKey,
      [`SANDYQ_S3_${name}_PREFIX`]: prefix,
    }),
    startArchive: (prefix, environment) =>
      startArchive({
        environment: {
          S3_ENDPOINT: endpoint,
          S3_REGION: region,
          S3_BUCKET: bucket,
          S3_ACCESS_KEY: accessKey,
          S3_SECRET_KEY: secretKey,
          SANDYQ_S3_PREFIX: prefix,
          SANDYQ_COMPACT_BYTES_PER_SECOND: '0',
          ...environment,
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

/** Puts a schedule in force that keeps one study for ever, and says nothing of others. */
export async function adoptForEver(database: Database, studyInstanceUid: string): Promise<void> {
  const text = `
schedule: for-ever
version: 1
title: For ever
source: test
timeZone: UTC
effective: { from: 2020-01-01 }
rules: [{ id: all, title: All, when: { study: [${studyInstanceUid}] }, keep: for-ever, atEnd: review }]
`;
  const version = { schedule: 'for-ever', version: 1 };
  await proposeSchedule(database, {
    ...version,
    text,
    sha256: createHash('sha256').update(text).digest(),
    effectiveFrom: '2020-01-01',
    effectiveUntil: undefined,
    proposedBy: 'alice',
  });
  await database.inTransaction((client) => adoptSchedule(client, version, 'bob'));
}
