/** An object store for one test archive: a folder of its own, or a prefix of its own in a bucket of a real Ceph. */
import { randomUUID } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
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
import { Client } from 'minio';

/** A store, and how a process of the archive is told of it. */
export interface TestStore {
  readonly store: ObjectStore;
  /** Settings of the processes, e.g. S3_ENDPOINT. */
  readonly environment: Readonly<Record<string, string>>;
  /** Puts other bytes in the place of an object, as no archive does; there is no moment without an object. */
  readonly overwrite: (key: string, bytes: Buffer) => Promise<void>;
  /** Every object, in key order. */
  readonly objects: () => Promise<ObjectStat[]>;
  /** Removes every object. */
  readonly remove: () => Promise<void>;
}

/** The filesystem store below the data folder of the archive. */
export function filesystemTestStore(dataFolder: string): TestStore {
  const root = join(dataFolder, 'objects');
  const overwrite = async (key: string, bytes: Buffer): Promise<void> => {
    const other = join(dataFolder, `other-${randomUUID()}`);
    await writeFile(other, bytes);
    await rename(other, join(root, key));
  };
  return testStore(createFilesystemStore({ root, fileSystem: nodeFileSystem() }), overwrite, {});
}

/** A prefix of its own in the bucket of the server. */
export function s3TestStore(server: S3TestServer): TestStore {
  const prefix = `archive-${randomUUID()}`;
  const store = createS3Store({ ...server, prefix: `${prefix}/`, fileSystem: nodeFileSystem() });
  const client = minioClient(server);
  const overwrite = async (key: string, bytes: Buffer): Promise<void> => {
    await client.putObject(server.bucket, `${prefix}/${key}`, bytes);
  };
  // As the archive does: a connection that was kept may have been closed by the server meanwhile.
  return testStore(withRetry(store), overwrite, {
    S3_ENDPOINT: server.endpoint,
    S3_REGION: server.region,
    S3_BUCKET: server.bucket,
    S3_ACCESS_KEY: server.accessKey,
    S3_SECRET_KEY: server.secretKey,
    SANDYQ_S3_PREFIX: prefix,
  });
}

/** For what the archive's own store can't do. */
export function minioClient({ endpoint, region, accessKey, secretKey }: S3TestServer): Client {
  const { hostname, port } = new URL(endpoint);
  return new Client({ endPoint: hostname, port: Number(port), useSSL: false, region, accessKey, secretKey });
}

function testStore(
  store: ObjectStore,
  overwrite: TestStore['overwrite'],
  environment: Readonly<Record<string, string>>,
): TestStore {
  const objects = (): Promise<ObjectStat[]> => Array.fromAsync(store.list(''));
  return {
    store,
    environment,
    overwrite,
    objects,
    remove: async () => {
      const keys = (await objects()).map(({ key }) => key);
      for (let at = 0; at < keys.length; at += 16) {
        await Promise.all(keys.slice(at, at + 16).map((key) => store.delete(key)));
      }
    },
  };
}
