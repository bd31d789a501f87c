/**
 * A restored database that is older than a compaction: its rows point to segments that are gone. Reconcile finds the
 * rewrites, and takes over what the database knows of their entries; what it does not know is indexed.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { studyKeyPrefix } from '@sandyq/storage';
import { afterEach, describe, expect, it } from 'vitest';
import { startArchiveProcess } from '../support/archive-process.ts';
import { get, storeAll, storeOne } from '../support/dicomweb.ts';
import { type MadeInstance, makeNativeImage } from '../support/made-instances.ts';
import { filesystemTestStore } from '../support/test-store.ts';
import {
  type ArchiveEnvironment,
  damagedObjects,
  missingNewcomers,
  reconcileNow,
  withArchive,
} from './support/archive-tools.ts';
import { compactToTheEnd } from './support/compaction-steps.ts';
import { dropDatabase, makeDatabase } from './support/databases.ts';
import { keptNewcomer } from './support/sent-instances.ts';

const STUDY = '2.25.88';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

describe('a database that is older than', () => {
  it('one compaction, or two: everything is found again, once', async () => {
    const dataFolder = await mkdtemp(join(tmpdir(), 'sandyq-older-'));
    cleanUps.push(() => rm(dataFolder, { recursive: true, force: true }));
    const { store } = filesystemTestStore(dataFolder);
    const newest = await database();
    const environment = environmentOf(dataFolder, newest);
    const instances = Array.from({ length: 8 }, (_, index) => imageOf(index));
    const contradiction = imageOf(0, 1);

    await send(environment, instances.slice(0, 4), contradiction);
    const before = await database(newest);
    await compactToTheEnd(environment);
    await send(environment, instances.slice(4, 6));
    const between = await database(newest);
    await compactToTheEnd(environment);
    // Unknown to both copies.
    await send(environment, instances.slice(6));
    await compactToTheEnd(environment);
    const keys = await Array.fromAsync(store.list(studyKeyPrefix(STUDY)));
    expect(keys).toHaveLength(1);

    for (const restored of [before, between]) {
      const older = environmentOf(dataFolder, restored);
      await reconcileNow(older);
      await expectAll(older, instances);
      const kept = keptNewcomer('duplicate-sop-instance', contradiction, contradiction.bytes);
      const missing = await withArchive(older, (archive) =>
        missingNewcomers(archive.database, store, [kept]),
      );
      expect(missing).toEqual([]);
      // Nothing of it was taken for superfluous.
      await compactToTheEnd(older);
      expect(await Array.fromAsync(store.list(studyKeyPrefix(STUDY)))).toEqual(keys);
    }
    expect(await damagedObjects(store)).toEqual([]);
  });
});

async function database(copyOf?: string): Promise<string> {
  const made = await makeDatabase(copyOf);
  cleanUps.push(() => dropDatabase(made));
  return made;
}

function environmentOf(dataFolder: string, connectionString: string): ArchiveEnvironment {
  return {
    SANDYQ_DATA: dataFolder,
    DATABASE_URL: connectionString,
    SANDYQ_COMPACT_BYTES_PER_SECOND: '0',
    SANDYQ_SUPERSEDE_GRACE_SECONDS: '0',
  };
}

function imageOf(number: number, variant = 0): MadeInstance {
  const ids = {
    studyInstanceUid: STUDY,
    seriesInstanceUid: `${STUDY}.1`,
    sopInstanceUid: `${STUDY}.1.${number}`,
  };
  const pixels = createHash('shake256', { outputLength: 512 }).update(`${number} ${variant}`).digest();
  return makeNativeImage(ids, { rows: 16, columns: 16, pixels }, { instanceNumber: number });
}

/** One instance a request, then one that ends in quarantine. */
async function send(
  environment: ArchiveEnvironment,
  instances: readonly MadeInstance[],
  contradiction?: MadeInstance,
): Promise<void> {
  const archive = await startArchiveProcess('standalone', environment);
  try {
    for (const { bytes } of instances) await storeAll(archive.url, [bytes]);
    if (contradiction === undefined) return;
    expect((await storeOne(archive.url, contradiction.bytes)).reason).toBe('duplicate-sop-instance');
  } finally {
    await archive.stop();
  }
}

/** They are all found, each once, with the bytes that were sent. */
async function expectAll(environment: ArchiveEnvironment, instances: readonly MadeInstance[]): Promise<void> {
  const archive = await startArchiveProcess('standalone', environment);
  try {
    const found = await get(`${archive.url}/dicom-web/studies/${STUDY}/instances`, {
      Accept: 'application/dicom+json',
    });
    expect((JSON.parse(found.body.toString()) as unknown[]).length).toBe(instances.length);
    for (const { seriesInstanceUid, sopInstanceUid, bytes } of instances) {
      const read = await get(`${archive.url}/originals/${STUDY}/${seriesInstanceUid}/${sopInstanceUid}`);
      expect([read.status, read.body.equals(bytes)], sopInstanceUid).toEqual([200, true]);
    }
  } finally {
    await archive.stop();
  }
}
