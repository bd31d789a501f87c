/** An object store for one test archive: a folder of its own, or a prefix of its own in a bucket of a real Ceph. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import {
  createFilesystemStore,
  createS3Store,
  nodeFileSystem,
  type ObjectStat,
  type ObjectStore,
  withRetry,
} from '@sandyq/storage';
import type { S3TestServer } from '@sandyq/storage/testing';

/** A store, and how a process of the archive is told of it. */
export interface TestStore {
  readonly store: ObjectStore;
  /** Settings of the processes, e.g. S3_ENDPOINT. */
  readonly environment: Readonly<Record<string, string>>;
  /** Every object, in key order. */
  readonly objects: () => Promise<ObjectStat[]>;
  /** Removes every object. */
  readonly remove: () => Promise<void>;
}

/** The filesystem store below the data folder of the archive. */
export function filesystemTestStore(dataFolder: string): TestStore {
  const store = createFilesystemStore({ root: join(dataFolder, 'objects'), fileSystem: nodeFileSystem() });
  return testStore(store, {});
}

/** A prefix of its own in the bucket of the server. */
export function s3TestStore(server: S3TestServer): TestStore {
  const prefix = `archive-${randomUUID()}`;
  const store = createS3Store({ ...server, prefix: `${prefix}/`, fileSystem: nodeFileSystem() });
  // As the archive does: a connection that was kept may have been closed by the server meanwhile.
  return testStore(withRetry(store), {
    S3_ENDPOINT: server.endpoint,
    S3_REGION: server.region,
    S3_BUCKET: server.bucket,
    S3_ACCESS_KEY: server.accessKey,
    S3_SECRET_KEY: server.secretKey,
    SANDYQ_S3_PREFIX: prefix,
  });
}

function testStore(store: ObjectStore, environment: Readonly<Record<string, string>>): TestStore {
  const objects = (): Promise<ObjectStat[]> => Array.fromAsync(store.list(''));
  return {
    store,
    environment,
    objects,
    remove: async () => {
      const keys = (await objects()).map(({ key }) => key);
      for (let at = 0; at < keys.length; at += 16) {
        await Promise.all(keys.slice(at, at + 16).map((key) => store.delete(key)));
      }
    },
  };
}
