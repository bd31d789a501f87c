import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { openDatabase } from '../database.ts';
import { createFacility, type Facility } from '../principals.ts';
import { segmentCommit } from '../testing/segment-commits.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import type { SegmentCommit } from './facts.ts';
import { GroupCommit } from './group-commit.ts';

let test: TestDatabase;
let database: Database;
let otherProcess: Database;
let hospital: Facility;
let clinic: Facility;

beforeAll(async () => {
  test = await createTestDatabase({ maxConnections: 20 });
  database = test.database;
  otherProcess = openDatabase({ connectionString: test.connectionString, maxConnections: 20 });
  hospital = await createFacility(database, { code: 'hospital', name: 'Hospital' }, 'test');
  clinic = await createFacility(database, { code: 'clinic', name: 'Clinic' }, 'test');
});

afterAll(async () => {
  await otherProcess.close();
  await test.drop();
});

let lastStudy = 0;
/** A segment with `count` new instances in a new study, unless told otherwise. */
function segmentOf(options: {
  study?: string;
  series?: string;
  uids?: readonly string[];
  patientId?: string | undefined;
  facility?: Facility;
  bytes?: string;
  issuerId?: number;
}): SegmentCommit {
  lastStudy += 1;
  const study = options.study ?? `1.2.${lastStudy}`;
  const facility = options.facility ?? hospital;
  return segmentCommit({
    studyInstanceUid: study,
    seriesInstanceUid: options.series ?? `${study}.1`,
    facilityId: facility.facilityId,
    issuerId: options.issuerId ?? facility.patientIssuerId,
    instances: (options.uids ?? [`${study}.1.${lastStudy}`]).map((sopInstanceUid) => ({
      sopInstanceUid,
      ...('patientId' in options ? { patientId: options.patientId } : {}),
      ...(options.bytes === undefined ? {} : { bytes: options.bytes }),
    })),
  });
}

const submit = (segment: SegmentCommit, on: Database = database) => new GroupCommit(on).submit(segment);
const kinds = async (segment: SegmentCommit) => (await submit(segment)).map((outcome) => outcome.kind);

async function studyRow(uid: string) {
  const result = await database.query<{
    number_of_instances: number;
    number_of_series: number;
    modalities: string[];
    revision: number;
  }>({
    text: 'select number_of_instances, number_of_series, modalities, revision from study where study_instance_uid = $1',
    values: [uid],
  });
  return result.rows[0];
}

describe('GroupCommit', () => {
  it('stores instances with their study, series and counts', async () => {
    const segment = segmentOf({ study: '1.3.1', uids: ['1.3.1.1.1', '1.3.1.1.2'] });
    expect(await kinds(segment)).toEqual(['stored', 'stored']);
    expect(await studyRow('1.3.1')).toEqual({
      number_of_instances: 2,
      number_of_series: 1,
      modalities: ['CT'],
      revision: 1,
    });
  });

  it('answers a known instance with its holder and counts it once', async () => {
    const first = segmentOf({ study: '1.3.2', uids: ['1.3.2.1.1'] });
    await submit(first);
    const [again] = await submit(segmentOf({ study: '1.3.2', uids: ['1.3.2.1.1'] }));
    expect(again).toMatchObject({
      kind: 'exists',
      existing: { segmentId: first.segmentId, studyInstanceUid: '1.3.2', state: 'active' },
    });
    expect(await studyRow('1.3.2')).toMatchObject({ number_of_instances: 1, revision: 1 });
  });

  it('marks a segment of which everything is held elsewhere as duplicate, and only that', async () => {
    await submit(segmentOf({ study: '1.3.3', uids: ['1.3.3.1.1'] }));
    const same = segmentOf({ study: '1.3.3', uids: ['1.3.3.1.1'] });
    const differs = segmentOf({ study: '1.3.3', uids: ['1.3.3.1.1'], bytes: 'other' });
    const mixed = segmentOf({ study: '1.3.3', uids: ['1.3.3.1.1', '1.3.3.1.2'] });
    for (const segment of [same, differs, mixed]) await submit(segment);
    const states = await database.query<{ segment_id: string; state: string }>({
      text: 'select segment_id, state from segment where segment_id = any ($1)',
      values: [[same.segmentId, differs.segmentId, mixed.segmentId]],
    });
    expect(Object.fromEntries(states.rows.map((row) => [row.segment_id, row.state]))).toEqual({
      [same.segmentId]: 'duplicate',
      [differs.segmentId]: 'live',
      [mixed.segmentId]: 'live',
    });
  });

  it('keeps one of 20 equal instances sent at once through two processes', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        submit(segmentOf({ study: '1.3.4', uids: ['1.3.4.1.1'] }), index % 2 === 0 ? database : otherProcess),
      ),
    );
    const found = outcomes.flat().map((outcome) => outcome.kind);
    expect(found.filter((kind) => kind === 'stored')).toHaveLength(1);
    expect(found.filter((kind) => kind === 'exists')).toHaveLength(19);
    expect(await studyRow('1.3.4')).toMatchObject({ number_of_instances: 1, number_of_series: 1 });
  });

  it('counts exactly when 16 senders bring different instances and series of one study', async () => {
    await Promise.all(
      Array.from({ length: 64 }, (_, index) =>
        submit(
          segmentOf({ study: '1.3.5', series: `1.3.5.${index % 4}`, uids: [`1.3.5.9.${index}`] }),
          index % 2 === 0 ? database : otherProcess,
        ),
      ),
    );
    expect(await studyRow('1.3.5')).toMatchObject({ number_of_instances: 64, number_of_series: 4 });
  });

  it('stores 49 of 50 when one row is poisoned, in two batches of opposite order at once', async () => {
    const uids = Array.from({ length: 50 }, (_, index) => `1.3.6.1.${index}`);
    const batch = (order: readonly string[]) => {
      const segment = segmentOf({ study: '1.3.6', uids: order });
      const poisoned = segment.instances.map((instance) =>
        // A transfer syntax with NUL is refused by PostgreSQL, whatever the code before it did.
        instance.sopInstanceUid === uids[7] ? { ...instance, transferSyntaxUid: 'a\u0000b' } : instance,
      );
      return { ...segment, instances: poisoned };
    };
    const [forth, back] = await Promise.all([
      submit(batch(uids)),
      submit(batch(uids.toReversed()), otherProcess),
    ]);
    const count = (kind: string) => [...forth, ...back].filter((outcome) => outcome.kind === kind).length;
    expect({ stored: count('stored'), exists: count('exists'), failed: count('failed') }).toEqual({
      stored: 49,
      exists: 49,
      failed: 2,
    });
    expect(await studyRow('1.3.6')).toMatchObject({ number_of_instances: 49 });
  });

  it('makes one patient of two senders that bring the same identifier at once', async () => {
    await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        submit(
          segmentOf({ patientId: 'race', study: `1.3.7.${index}` }),
          index % 2 === 0 ? database : otherProcess,
        ),
      ),
    );
    const patients = await database.query<{ patients: number; studies: number }>({
      text: `select count(distinct patient_key)::int as patients, count(*)::int as studies from study where patient_id = 'race'`,
    });
    expect(patients.rows[0]).toEqual({ patients: 1, studies: 12 });
  });

  it('holds out an instance of another patient in a known study', async () => {
    await submit(segmentOf({ study: '1.3.8', uids: ['1.3.8.1.1'], patientId: 'A' }));
    expect(await kinds(segmentOf({ study: '1.3.8', uids: ['1.3.8.1.2'], patientId: 'B' }))).toEqual([
      'identity-conflict',
    ]);
    expect(await studyRow('1.3.8')).toMatchObject({ number_of_instances: 1 });
    const conflicts = await database.query({
      text: `select patient_id from identity_conflict where sop_instance_uid = '1.3.8.1.2'`,
    });
    expect(conflicts.rows).toEqual([{ patient_id: 'B' }]);
  });

  it('never takes two patients without an identifier for one', async () => {
    await submit(segmentOf({ study: '1.3.9', patientId: undefined }));
    await submit(segmentOf({ study: '1.3.10', patientId: undefined }));
    const patients = await database.query<{ patients: number }>({
      text: `select count(distinct patient_key)::int as patients from study where study_instance_uid in ('1.3.9', '1.3.10')`,
    });
    expect(patients.rows[0]).toEqual({ patients: 2 });
  });

  it('lets another facility join a study only for the same patient', async () => {
    await submit(segmentOf({ study: '1.3.11', uids: ['1.3.11.1.1'], patientId: 'A' }));
    const stranger = segmentOf({ study: '1.3.11', uids: ['1.3.11.1.2'], patientId: 'A', facility: clinic });
    expect(await kinds(stranger)).toEqual(['facility-conflict']);
    const known = segmentOf({
      study: '1.3.11',
      uids: ['1.3.11.1.2'],
      patientId: 'A',
      facility: clinic,
      issuerId: hospital.patientIssuerId,
    });
    expect(await kinds(known)).toEqual(['stored']);
  });

  it('answers a repeated segment, as after a COMMIT of unknown outcome, from its rows', async () => {
    const segment = segmentOf({ study: '1.3.12', uids: ['1.3.12.1.1', '1.3.12.1.2'] });
    await submit(segment);
    expect(await kinds(segment)).toEqual(['stored', 'stored']);
    expect(await studyRow('1.3.12')).toMatchObject({ number_of_instances: 2, revision: 1 });
  });

  it.each(['sop_instance', 'instance'])(
    'finds a conflict where a row of %s was lost, and keeps nothing',
    async (table) => {
      const uid = `1.3.13.${table.length}`;
      const study = `1.3.13.${table.length}.1`;
      await submit(segmentOf({ study, uids: [uid] }));
      await database.query({ text: `delete from ${table} where sop_instance_uid = $1`, values: [uid] });
      const repeat = segmentOf({ study, uids: [uid, `${uid}.2`] });
      await expect(submit(repeat)).rejects.toMatchObject({ name: 'DatabaseError', code: 'conflict' });
      expect(await studyRow(study)).toMatchObject({ number_of_instances: 1, revision: 1 });
    },
  );

  it('stores what came with a segment that lacks rows', async () => {
    const lost = segmentOf({ study: '1.3.14', uids: ['1.3.14.1.1'] });
    await submit(lost);
    await database.query({ text: "delete from instance where sop_instance_uid = '1.3.14.1.1'" });
    const commits = new GroupCommit(database);
    const first = commits.submit(segmentOf({}));
    const together = [segmentOf({}), segmentOf({ study: '1.3.14', uids: ['1.3.14.1.1'] }), segmentOf({})];
    const settled = await Promise.allSettled(together.map((segment) => commits.submit(segment)));
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await first;
  });

  it('commits one batch at a time: what comes meanwhile shares the next', async () => {
    const commits = new GroupCommit(database);
    const segments = Array.from({ length: 5 }, () => segmentOf({}));
    await Promise.all(segments.map((segment) => commits.submit(segment)));
    const { rows } = await database.query<{ transaction: string }>({
      text: 'select xmin::text as transaction from segment where segment_id = any ($1) order by segment_id',
      values: [segments.map(({ segmentId }) => segmentId)],
    });
    expect(new Set(rows.map(({ transaction }) => transaction)).size).toBe(2);
  });
});
