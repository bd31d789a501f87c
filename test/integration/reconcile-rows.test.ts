/** Rows that the database has lost, by whatever hand: reconcile makes them again, and nothing is said otherwise than before. */
import { suspectSegments } from '@sandyq/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storeAll, storeMany } from '../support/dicomweb.ts';
import { image, ReconcileArchive, releaseStores, storesToReconcile } from './reconcile-archive.ts';

afterAll(releaseStores);

describe.each(storesToReconcile)('rows that are lost, on $name', ({ skip, environment }) => {
  const study = '2.25.7001';
  const members = [1, 2, 3].flatMap((number) => [image(study, 1, number), image(study, 2, number)]);
  const first = image(study, 1, 1);
  let archive: ReconcileArchive;
  let said: unknown;

  beforeAll(async () => {
    if (skip) return;
    archive = await ReconcileArchive.start(environment());
    await storeAll(
      archive.url,
      members.map(({ bytes }) => bytes),
    );
    said = await archive.said(study);
  });
  afterAll(() => archive?.archive.stop());

  const lose = (text: string, values: unknown[] = []) => archive.database.query({ text, values });

  it.skipIf(skip)('of a whole segment: it is replayed', async () => {
    const { segmentId } = await archive.placeOf(first);
    await lose('delete from sop_instance where segment_id = $1', [segmentId]);
    await lose('delete from instance where segment_id = $1', [segmentId]);
    await lose('delete from segment where segment_id = $1', [segmentId]);
    expect(await archive.reconcile(true)).toMatchObject({ listed: 2, rows: 1, unknown: 1, replayed: 0 });
    expect(await archive.said(study)).not.toEqual(said);
    expect(await archive.reconcile()).toMatchObject({ unknown: 1, replayed: 1, failed: [], damaged: [] });
    expect(await archive.said(study)).toEqual(said);
    expect(await archive.reconcile()).toMatchObject({ unknown: 0, incomplete: 0 });
  });

  it.skipIf(skip).each([
    ['instance', 'delete from instance where sop_instance_uid = $1', 1],
    ['claim', 'delete from sop_instance where sop_instance_uid = $1', 1],
    ['series', 'delete from series where series_instance_uid in (select $2)', 1],
    ['study', 'delete from study where study_instance_uid in (select $3)', 2],
  ])('of one %s: found by counting, and made again from the segments', async (_what, text, incomplete) => {
    const values = text.includes('$3') ? study : text.includes('$2') ? `${study}.1` : first.sopInstanceUid;
    await lose(text.replace(/\$[23]/, '$1'), [values]);
    expect(await archive.reconcile(true)).toMatchObject({ unknown: 0, incomplete, restored: 0 });
    expect(await archive.reconcile()).toMatchObject({ incomplete, restored: incomplete, failed: [] });
    expect(await archive.said(study)).toEqual(said);
    expect(await archive.original(first)).toMatchObject({ status: 200, body: first.bytes });
    expect(await archive.reconcile()).toMatchObject({ incomplete: 0, unknown: 0 });
  });

  it.skipIf(skip)('of a newcomer that was kept back: it is listed again', async () => {
    const contradiction = image(study, 1, 2, {}, 99);
    const correction = image(study, 1, 3, { patientName: 'Corrected^Name' });
    await storeMany(archive.url, [contradiction.bytes, correction.bytes]);
    const kept = () =>
      archive.rows(`select sop_instance_uid, state from quarantine
        union all select sop_instance_uid, state from proposed_correction order by 1`);
    const before = await kept();
    expect(before).toHaveLength(2);
    await lose(`delete from quarantine where segment_id is not null`);
    await lose(`delete from proposed_correction`);
    expect(await archive.reconcile()).toMatchObject({ incomplete: 1, restored: 1 });
    expect(await kept()).toEqual(before);
    expect(await archive.said(study)).toEqual(said);
  });

  it.skipIf(skip)('are not missed where a decision took them away, and that is looked up once', async () => {
    const [fresh, refused] = [image(study, 1, 4), image(study, 1, 1, {}, 98)];
    await storeMany(archive.url, [refused.bytes, fresh.bytes]);
    const { segmentId } = await archive.placeOf(fresh);
    const [listed] = await archive.rows<{ id: number }>(
      `select quarantine_id as id from quarantine where segment_id = $1`,
      [segmentId],
    );
    const answer = await fetch(`${archive.url}/admin/quarantine/${listed?.id}/discard`, { method: 'POST' });
    expect(answer.status).toBe(200);
    const accounted = () =>
      archive.rows(`select entries, accounted_entries from segment where segment_id = $1`, [segmentId]);
    expect(await accounted()).toEqual([{ entries: 2, accounted_entries: null }]);
    expect(await archive.reconcile()).toMatchObject({ incomplete: 0, unknown: 0 });
    expect(await accounted()).toEqual([{ entries: 2, accounted_entries: 1 }]);
    expect(await suspectSegments(archive.database, [segmentId])).toEqual([]);
    await lose('delete from instance where sop_instance_uid = $1', [fresh.sopInstanceUid]);
    expect(await archive.reconcile()).toMatchObject({ incomplete: 1, restored: 1 });
    expect(await archive.original(fresh)).toMatchObject({ status: 200, body: fresh.bytes });
    expect(
      (await archive.rows(`select from quarantine where segment_id = $1 and state = 'open'`, [segmentId]))
        .length,
    ).toBe(0);
  });
});
