// kill -9 of the whole object store in the middle of puts: every put that was answered is there, whole; of the others
// nothing half is visible, and they were told as errors. Has a server of its own, which no other test sees die.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isStorageError } from '../errors.ts';
import type { ObjectStore } from '../object-store.ts';
import { CephServer, s3ForTests } from '../testing/ceph.ts';
import { newSpoolFolder, type SpoolFolder } from '../testing/spool-folder.ts';
import { bytesOf, patterned } from '../testing/suite-assertions.ts';
import { createS3Store } from './s3-store.ts';

const mebibyte = 1024 * 1024;
// Whether a server can be had here at all; where the environment names one that is not Ceph, this test has no object.
const s3 = await s3ForTests();
const folder = await mkdtemp(join(tmpdir(), 'sandyq-kill-ceph-'));
const ceph = new CephServer(folder);
let spool: SpoolFolder;

beforeAll(async () => {
  spool = await newSpoolFolder();
});
afterAll(async () => {
  await ceph.stop();
  await spool.remove();
  await rm(folder, { recursive: true, force: true });
  await rm(`${folder}.lock`, { force: true });
  await s3.release();
});

interface Put {
  readonly key: string;
  readonly bytes: Buffer;
  acknowledged: boolean;
}

describe.skipIf(!s3.server)(`an object store that is killed ${s3.server ? '' : s3.reason}`, () => {
  it('has everything that it acknowledged, and nothing half', async () => {
    const options = {
      ...(await ceph.start()),
      singlePutLimitBytes: 6 * mebibyte,
      partSizeBytes: 5 * mebibyte,
    };
    const store = createS3Store({ ...options, idleTimeoutMs: 3_000 });
    const puts: Put[] = [];
    const writers = Array.from({ length: 6 }, (_, writer) => putUntilFailure(store, writer, puts));
    await expect
      .poll(() => puts.filter(({ acknowledged }) => acknowledged).length, { timeout: 60_000 })
      .toBeGreaterThan(20);
    await ceph.kill();
    for (const failure of await Promise.all(writers))
      expect(isStorageError(failure, 'unavailable')).toBe(true);

    const again = createS3Store({ ...options, ...(await ceph.start()) });
    for (const { key, bytes, acknowledged } of puts) {
      const found = await again.stat(key);
      if (acknowledged) expect(found, key).toBeDefined();
      if (found !== undefined) expect(bytes.equals(await bytesOf(again, key)), key).toBe(true);
    }
    await again.removeUnfinished(new Date(Date.now() + 60_000));
    await again.putBytes('v1/after', patterned(10));
  }, 240_000);
});

/** Puts small, middle and multipart objects until the store is gone; returns the error. */
async function putUntilFailure(store: ObjectStore, writer: number, puts: Put[]): Promise<unknown> {
  for (let count = 0; ; count += 1) {
    const size = [100_000, 4 * mebibyte, 11 * mebibyte][count % 3] ?? 0;
    const put: Put = {
      key: `v1/${writer}/${count}`,
      bytes: patterned(size, writer * 1000 + count),
      acknowledged: false,
    };
    puts.push(put);
    try {
      await store.putFile(put.key, await spool.spool(put.bytes));
      put.acknowledged = true;
    } catch (error) {
      return error;
    }
  }
}
