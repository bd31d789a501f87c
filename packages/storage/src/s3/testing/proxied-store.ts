// A store that reaches a real S3 server through a proxy that can be told to misbehave, for the tests of hazards.
import { randomUUID } from 'node:crypto';
import type { ObjectStore, StoreMaintenance } from '../../object-store.ts';
import { type S3ForTests, s3ForTests } from '../../testing/ceph.ts';
import {
  type FaultyProxy,
  type ProxiedRequest,
  type ProxyFault,
  startFaultyProxy,
} from '../../testing/faulty-proxy.ts';
import { newSpoolFolder, type SpoolFolder } from '../../testing/spool-folder.ts';
import { keysOf } from '../../testing/suite-assertions.ts';
import { createS3Store, type S3StoreOptions } from '../s3-store.ts';

const mebibyte = 1024 * 1024;

/** Bytes of a part in these tests: the least that the protocol allows. */
export const partSizeBytes = 5 * mebibyte;

/** Where nobody listens. */
export const nowhere: S3StoreOptions = {
  endpoint: 'http://127.0.0.1:9',
  region: 'us-east-1',
  bucket: 'none',
  accessKey: 'access',
  secretKey: 'secret',
};

/** What a test file of hazards works with. */
export interface ProxiedStore {
  readonly s3: S3ForTests;
  readonly proxy: FaultyProxy;
  readonly folder: SpoolFolder;
  /** Options and store that go past the proxy. */
  readonly direct: S3StoreOptions;
  readonly server: ObjectStore & StoreMaintenance;
  /** A store that goes through it; objects over 4 MiB go in parts. */
  readonly throughProxy: (options?: Partial<S3StoreOptions>) => ObjectStore;
  readonly newKey: () => string;
  /** The fault for the requests that match; everything else passes. */
  readonly faultOn: (matches: (request: ProxiedRequest) => boolean, fault: ProxyFault) => void;
  /** How many unfinished uploads there are; they are gone afterwards. */
  readonly uploadsLeft: () => Promise<number>;
  /** After each test: no fault, no request seen. */
  readonly reset: () => void;
  /** After all: removes everything. */
  readonly close: () => Promise<void>;
}

/** Makes one, with a prefix of its own. Where no server can be had, `s3` has the reason. */
export async function newProxiedStore(): Promise<ProxiedStore> {
  const s3 = await s3ForTests();
  const direct = { ...(s3.server ?? nowhere), prefix: `hazards-${randomUUID()}/` };
  const proxy = await startFaultyProxy(direct.endpoint);
  const folder = await newSpoolFolder();
  const server = createS3Store(direct);
  let count = 0;
  const defaults = { ...direct, endpoint: proxy.endpoint, singlePutLimitBytes: 4 * mebibyte, partSizeBytes };
  return {
    s3,
    proxy,
    folder,
    direct,
    server,
    throughProxy: (options) => createS3Store({ ...defaults, ...options }),
    newKey: () => {
      count += 1;
      return `v1/object-${count}`;
    },
    faultOn: (matches, fault) => proxy.setFault((request) => (matches(request) ? fault : { kind: 'pass' })),
    uploadsLeft: () => server.removeUnfinished(new Date(Date.now() + 60_000)),
    reset: () => {
      proxy.setFault(() => ({ kind: 'pass' }));
      proxy.seen.length = 0;
    },
    close: async () => {
      if (s3.server) for (const key of await keysOf(server, '')) await server.delete(key);
      await proxy.close();
      await folder.remove();
      await s3.release();
    },
  };
}

/** A PUT of an object or of a part. */
export function isPut({ method }: ProxiedRequest): boolean {
  return method === 'PUT';
}

/** A GET of an object. */
export function isGet({ method, url }: ProxiedRequest): boolean {
  return method === 'GET' && !url.includes('?');
}

/** A PUT of a part. */
export function isPart({ method, url }: ProxiedRequest): boolean {
  return method === 'PUT' && url.includes('partNumber=');
}

/** The completion of a multipart upload. */
export function isCompletion({ method, url }: ProxiedRequest): boolean {
  return method === 'POST' && url.includes('uploadId=');
}
