/**
 * Rows that point to segments which were rewritten and are gone, as an older database has them: the rewrite is in the
 * store, so nothing is missing, and nothing is said to be.
 */
import { compactNow } from '@sandyq/indexing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mustStore } from '../support/dicomweb.ts';
import { image, ReconcileArchive, releaseStores, storesToReconcile } from './reconcile-archive.ts';

afterAll(releaseStores);

const TABLES = ['segment', 'instance', 'sop_instance'];

describe.each(storesToReconcile)('a rewrite, on $name', ({ skip, environment }) => {
  const study = '2.25.9001';
  const members = [1, 2, 3, 4].map((number) => image(study, 1, number));
  let archive: ReconcileArchive;

  beforeAll(async () => {
    if (skip) return;
    archive = await ReconcileArchive.start(environment());
    for (const { bytes } of members) await mustStore(archive.url, bytes);
  });
  afterAll(() => archive?.archive.stop());

  it.skipIf(skip)('takes the place of what is gone; until it is found, that is missing', async () => {
    const [first] = members;
    if (first === undefined) throw new Error('members');
    const said = await archive.said(study);
    for (const table of TABLES) await archive.rows(`create table old_${table} as table ${table}`);
    const { database, store, spool, logger } = archive.archive.archive;
    const ports = { database, store, spool, logger, now: () => new Date() };
    expect(await compactNow(ports, { dryRun: false })).toMatchObject({ joined: 1, rewritten: 4, made: 1 });
    const { key } = await archive.placeOf(first);
    const bytes = await archive.bytesOf(key);
    const gone = await archive.rows<{ key: string }>('select object_key as key from old_segment order by 1');
    for (const source of gone) await store.delete(source.key);
    for (const table of TABLES) {
      await archive.rows(`delete from ${table}`);
      await archive.rows(`insert into ${table} select * from old_${table}`);
    }

    await store.delete(key);
    const missing = await archive.reconcile();
    expect(missing).toMatchObject({ listed: 0, rows: 4, instances: 4, missing: gone.map((one) => one.key) });
    expect(
      new Set(Object.values(await archive.availability(`studies/${study}/instances`, '00080018'))),
    ).toEqual(new Set(['UNAVAILABLE']));

    await store.putBytes(key, bytes);
    expect(await archive.reconcile()).toMatchObject({
      listed: 1,
      unknown: 1,
      replayed: 1,
      missing: [],
      damaged: [],
      failed: [],
    });
    expect(await archive.said(study)).toEqual(said);
    for (const member of members) {
      expect(await archive.placeOf(member)).toMatchObject({ key });
      expect(await archive.original(member)).toMatchObject({ status: 200, body: member.bytes });
    }
    expect(await archive.rows('select from damage where repaired_at is null')).toEqual([]);
    expect(await archive.reconcile()).toMatchObject({ unknown: 0, missing: [], damaged: [], incomplete: 0 });
  });

  it.skipIf(skip)(
    'gives back rows that are lost, each under the segment that it was received in',
    async () => {
      const [first] = members;
      if (first === undefined) throw new Error('members');
      const said = await archive.said(study);
      await archive.rows('delete from instance where sop_instance_uid = $1', [first.sopInstanceUid]);
      expect(await archive.reconcile()).toMatchObject({ incomplete: 1, restored: 1, failed: [] });
      expect(await archive.said(study)).toEqual(said);
      expect(await archive.original(first)).toMatchObject({ status: 200, body: first.bytes });
    },
  );
});
