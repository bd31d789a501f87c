import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readExisting } from '../commit/claim-sop-instances.ts';
import type { SegmentCommit } from '../commit/facts.ts';
import { GroupCommit } from '../commit/group-commit.ts';
import type { Database } from '../database.ts';
import { createFacility, type Facility } from '../principals.ts';
import { findQuarantined, listQuarantine } from '../quarantine.ts';
import { makeCorrection, makeQuarantined } from '../testing/kept-back.ts';
import { segmentCommit } from '../testing/segment-commits.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import type { RewriteRow } from './insert-rewrite.ts';
import { rewrittenInto } from './rewritten-into.ts';
import { adoptSwap, swapSegments } from './swap-segments.ts';

let test: TestDatabase;
let database: Database;
let hospital: Facility;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
  hospital = await createFacility(database, { code: 'hospital', name: 'Hospital' }, 'test');
});

afterAll(() => test.drop());

let studies = 0;

/** Stored segments of a new study, of one series; each brings the instances with these numbers. */
async function storedSegments(...numbers: number[][]): Promise<SegmentCommit[]> {
  studies += 1;
  const study = `2.25.${studies}`;
  const segments = numbers.map((some) =>
    segmentCommit({
      studyInstanceUid: study,
      seriesInstanceUid: `${study}.1`,
      facilityId: hospital.facilityId,
      issuerId: hospital.patientIssuerId,
      instances: some.map((number) => ({ sopInstanceUid: `${study}.1.${number}` })),
    }),
  );
  for (const segment of segments) await new GroupCommit(database).submit(segment);
  return segments;
}

/** A rewrite of every instance of these segments, in their order. */
function rewriteOf(segments: readonly SegmentCommit[]): RewriteRow {
  const segmentId = randomUUID();
  const all = segments.flatMap((segment) => segment.instances.map((instance) => ({ segment, instance })));
  return {
    segmentId,
    objectKey: `v1/00/${segmentId}.tar`,
    sizeBytes: 99_999,
    receiptSha256: Buffer.alloc(32, 7),
    receivedAt: new Date('2026-03-02T08:00:00Z'),
    principalId: 'archive:test',
    entries: all.map(({ segment, instance }, index) => ({
      originSegmentId: segment.segmentId,
      sopInstanceUid: instance.sopInstanceUid,
      sha256: instance.sha256,
      ordinal: index + 1,
      entryOffset: 512 + index * 4_096,
    })),
  };
}

const idsOf = (segments: readonly SegmentCommit[]) => segments.map(({ segmentId }) => segmentId);

const swap = (rewrite: RewriteRow, sources: readonly string[]) =>
  database.inTransaction((client) => swapSegments(client, { rewrite, sources }));

const adopt = (rewrite: RewriteRow, sources: readonly string[]) =>
  database.inTransaction((client) => adoptSwap(client, { rewrite, sources }));

async function statesOf(segmentIds: readonly string[]): Promise<string[]> {
  const found = await database.query<{ segment_id: string; state: string }>({
    text: 'select segment_id, state from segment where segment_id = any ($1::uuid[])',
    values: [segmentIds],
  });
  const states = new Map(found.rows.map((row) => [row.segment_id, row.state]));
  return segmentIds.map((id) => states.get(id) ?? 'unknown');
}

/** Where an instance lies, as both of its rows say. */
async function placeOf(sopInstanceUid: string) {
  const holder = (await readExisting(database, [sopInstanceUid])).get(sopInstanceUid);
  const found = await database.query<{ ordinal: number; origin: string | null; segment_id: string }>({
    text: 'select ordinal, segment_id, origin_segment_id as origin from instance where sop_instance_uid = $1',
    values: [sopInstanceUid],
  });
  const [row] = found.rows;
  expect([row?.segment_id, row?.ordinal]).toEqual([holder?.segmentId, holder?.ordinal]);
  return { ...row, key: holder?.objectKey, offset: holder?.entryOffset };
}

async function revisionOf(studyInstanceUid: string): Promise<number | undefined> {
  const found = await database.query<{ revision: number }>({
    text: 'select revision from study where study_instance_uid = $1',
    values: [studyInstanceUid],
  });
  return found.rows[0]?.revision;
}

describe('swapSegments', () => {
  it('points every row to the copy, supersedes the sources, and changes nothing that is shown', async () => {
    const segments = await storedSegments([1, 2], [3]);
    const [first, second] = segments;
    if (first === undefined || second === undefined) throw new Error('two segments');
    const revision = await revisionOf(first.studyInstanceUid);
    const rewrite = rewriteOf(segments);
    expect(await swap(rewrite, idsOf(segments))).toEqual({
      kind: 'swapped',
      moved: 3,
      superseded: idsOf(segments),
    });
    expect(await statesOf([...idsOf(segments), rewrite.segmentId])).toEqual([
      'superseded',
      'superseded',
      'live',
    ]);
    const uid = second.instances[0]?.sopInstanceUid ?? '';
    expect(await placeOf(uid)).toEqual({
      ordinal: 3,
      origin: second.segmentId,
      segment_id: rewrite.segmentId,
      key: rewrite.objectKey,
      offset: 512 + 2 * 4_096,
    });
    expect(await revisionOf(first.studyInstanceUid)).toBe(revision);
    expect(await rewrittenInto(database, first.segmentId)).toMatchObject({
      segmentId: rewrite.segmentId,
      isKept: true,
    });
    // Again, after a COMMIT of unknown outcome.
    expect(await swap(rewrite, idsOf(segments))).toEqual({ kind: 'known' });

    const next = rewriteOf(segments);
    await swap(next, [rewrite.segmentId]);
    expect(await placeOf(uid)).toMatchObject({ origin: second.segmentId, segment_id: next.segmentId });
    expect(await rewrittenInto(database, first.segmentId)).toMatchObject({ segmentId: next.segmentId });
  });

  it('takes quarantine and proposed corrections along, whose origin stays', async () => {
    const segments = await storedSegments([1]);
    const [segment] = segments;
    const [instance] = segment?.instances ?? [];
    if (segment === undefined || instance === undefined) throw new Error('an instance');
    const { studyKey } = (await readExisting(database, [instance.sopInstanceUid])).get(
      instance.sopInstanceUid,
    ) ?? {
      studyKey: 0,
    };
    const kept = { facilityId: hospital.facilityId, segmentId: segment.segmentId };
    const place = { entryOffset: 5_000, sopInstanceUid: instance.sopInstanceUid, crc32: Buffer.alloc(4) };
    const quarantineId = await makeQuarantined(database, {
      ...kept,
      ...place,
      bytes: `q${studies}`,
      originSegmentId: segment.segmentId,
    });
    await makeCorrection(database, {
      ...kept,
      ...place,
      bytes: `c${studies}`,
      studyKey,
      ordinal: 3,
      originSegmentId: segment.segmentId,
    });
    const rewrite = rewriteOf(segments);
    // Without their bytes it is refused, and nothing has changed.
    await expect(swap(rewrite, [segment.segmentId])).rejects.toMatchObject({ code: 'conflict' });
    expect(await statesOf([segment.segmentId, rewrite.segmentId])).toEqual(['live', 'unknown']);
    const entry = (index: number, sha256: Buffer) => ({
      originSegmentId: segment.segmentId,
      sopInstanceUid: instance.sopInstanceUid,
      sha256,
      ordinal: index + 1,
      entryOffset: 512 + index * 4_096,
    });
    const digest = async (table: string) => {
      const found = await database.query<{ sha256: Buffer }>({
        text: `select sha256 from ${table} where segment_id = $1`,
        values: [segment.segmentId],
      });
      return found.rows[0]?.sha256 ?? Buffer.alloc(0);
    };
    const quarantined = await digest('quarantine');
    const corrected = await digest('proposed_correction');
    const whole = { ...rewrite, entries: [...rewrite.entries, entry(1, quarantined), entry(2, corrected)] };
    expect(await swap(whole, [segment.segmentId])).toMatchObject({ kind: 'swapped', moved: 3 });
    expect(await findQuarantined(database, quarantineId)).toMatchObject({
      segmentId: whole.segmentId,
      originSegmentId: segment.segmentId,
      objectKey: whole.objectKey,
      entryOffset: 512 + 4_096,
    });
    const moved = await database.query({
      text: 'select ordinal, entry_offset, object_key, origin_segment_id from proposed_correction where segment_id = $1',
      values: [whole.segmentId],
    });
    expect(moved.rows).toEqual([
      {
        ordinal: 3,
        entry_offset: 512 + 2 * 4_096,
        object_key: whole.objectKey,
        origin_segment_id: segment.segmentId,
      },
    ]);
  });

  it('is refused where a source waits for a verdict, was given up, or is not known', async () => {
    for (const change of ['verdicts_due = true', "state = 'superseded'", "state = 'deleted'"]) {
      const segments = await storedSegments([1], [2]);
      await database.query({
        text: `update segment set ${change} where segment_id = $1`,
        values: [segments[1]?.segmentId],
      });
      const rewrite = rewriteOf(segments);
      await expect(swap(rewrite, idsOf(segments)), change).rejects.toMatchObject({ code: 'conflict' });
      expect(await statesOf([rewrite.segmentId])).toEqual(['unknown']);
    }
    const segments = await storedSegments([1]);
    const unknown = [...idsOf(segments), randomUUID()];
    await expect(swap(rewriteOf(segments), unknown)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('leaves nothing for those who come too late: rows into a segment that was given up are refused', async () => {
    const segments = await storedSegments([1]);
    const [segment] = segments;
    if (segment === undefined) throw new Error('a segment');
    await swap(rewriteOf(segments), idsOf(segments));
    const late = { facilityId: hospital.facilityId, segmentId: segment.segmentId };
    await expect(makeQuarantined(database, { ...late, bytes: `late${studies}` })).rejects.toMatchObject({
      code: 'contention',
    });
    const correction = { ...late, sopInstanceUid: '2.25.9', studyKey: 1, bytes: `late${studies}` };
    await expect(makeCorrection(database, correction)).rejects.toMatchObject({ code: 'contention' });
    // An entry that was no instance before, e.g. accepted from quarantine where it lay when it was looked at.
    const [instance] = segment.instances;
    if (instance === undefined) throw new Error('an instance');
    const newcomer = { ...instance, sopInstanceUid: `${segment.seriesInstanceUid}.77`, ordinal: 2 };
    const submitted = new GroupCommit(database).submit({ ...segment, instances: [newcomer] });
    await expect(submitted).rejects.toMatchObject({ code: 'contention' });
    expect((await readExisting(database, [newcomer.sopInstanceUid])).size).toBe(0);
    // What lies elsewhere by now is answered for as ever.
    const [known] = await new GroupCommit(database).submit(segment);
    expect(known).toMatchObject({ kind: 'exists', existing: { sha256: instance.sha256 } });
    expect(await listQuarantine(database, {}, 100)).not.toContainEqual(
      expect.objectContaining({ segmentId: segment.segmentId }),
    );
  });
});

describe('adoptSwap', () => {
  it('takes over what the database has, and leaves a source that holds more', async () => {
    const segments = await storedSegments([1], [2, 3]);
    const [first, second] = segments;
    if (first === undefined || second === undefined) throw new Error('two segments');
    const whole = rewriteOf(segments);
    const rewrite = { ...whole, entries: whole.entries.slice(0, 2), isIncomplete: true };
    expect(await adopt(rewrite, idsOf(segments))).toEqual({
      kind: 'swapped',
      moved: 2,
      superseded: [first.segmentId],
    });
    expect(await statesOf(idsOf(segments))).toEqual(['superseded', 'live']);
    expect(await placeOf(second.instances[0]?.sopInstanceUid ?? '')).toMatchObject({
      segment_id: rewrite.segmentId,
      ordinal: 2,
    });
    expect(await placeOf(second.instances[1]?.sopInstanceUid ?? '')).toMatchObject({
      segment_id: second.segmentId,
    });
    expect(await adopt(rewrite, idsOf(segments))).toEqual({ kind: 'known' });
  });

  it('changes nothing where the database has nothing of it there', async () => {
    const segments = await storedSegments([1]);
    const rewrite = rewriteOf(segments);
    expect(await adopt(rewrite, [randomUUID()])).toBeUndefined();
    const others = await storedSegments([1]);
    expect(await adopt(rewrite, idsOf(others))).toBeUndefined();
    expect(await statesOf([...idsOf(segments), ...idsOf(others), rewrite.segmentId])).toEqual([
      'live',
      'live',
      'unknown',
    ]);
  });
});
