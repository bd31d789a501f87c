/** The index does not depend on the order in which segments are committed, nor on how they share transactions. */
import type { DicomJson } from '@sandyq/dicom';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { createDevice, createFacility, type Device, type Facility } from '../principals.ts';
import { segmentCommit } from '../testing/segment-commits.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { readExisting } from './claim-sop-instances.ts';
import type { SegmentCommit } from './facts.ts';
import { foundersDue, recordFounder } from './founders-due.ts';
import { GroupCommit } from './group-commit.ts';
import { takeOutInstance } from './remove-instance.ts';

let test: TestDatabase;
let database: Database;
let hospital: Facility;
let devices: Device[];

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
  hospital = await createFacility(database, { code: 'hospital', name: 'Hospital' }, 'test');
  devices = [];
  for (const code of ['ct-1', 'ct-2']) {
    devices.push(await createDevice(database, { facilityCode: 'hospital', code, origin: 'local' }, 'test'));
  }
});

afterAll(() => test.drop());

/** What came, and when: instance numbers by series, in seconds; some at once. */
const ARRIVALS = [
  { series: 1, second: 30, instances: [4, 5] },
  { series: 1, second: 10, instances: [3] },
  { series: 2, second: 10, instances: [1, 2] },
  { series: 2, second: 20, instances: [6] },
  { series: 1, second: 10, instances: [2] },
  { series: 3, second: 5, instances: [9] },
  { series: 3, second: 5, instances: [8] },
  { series: 2, second: 40, instances: [7] },
] as const;

function segmentOf(study: string, { series, second, instances }: (typeof ARRIVALS)[number]): SegmentCommit {
  const seriesInstanceUid = `${study}.${series}`;
  const commit = segmentCommit({
    studyInstanceUid: study,
    seriesInstanceUid,
    facilityId: hospital.facilityId,
    issuerId: hospital.patientIssuerId,
    instances: instances.map((number) => ({
      sopInstanceUid: `${seriesInstanceUid}.${number}`,
      patientId: 'P1',
      attributes: attributesOf(series, number),
    })),
  });
  const receivedAt = new Date(Date.UTC(2026, 2, 1, 8, 0, second));
  return { ...commit, receivedAt, deviceId: devices[second % 2]?.deviceId };
}

/** Every instance says something else of its patient, study and series. */
function attributesOf(series: number, number: number): DicomJson {
  const own = `${series}-${number}`;
  return {
    '00080020': {
      vr: 'DA',
      Value: [
        `202603${String(series * 9 + number)
          .padStart(2, '0')
          .slice(-2)}`,
      ],
    },
    '00080050': { vr: 'SH', Value: [`A-${own}`] },
    '00080060': { vr: 'CS', Value: [number % 2 === 0 ? 'CT' : 'MR'] },
    '00081030': { vr: 'LO', Value: [`study ${own}`] },
    '0008103E': { vr: 'LO', Value: [`series ${own}`] },
    '00081090': { vr: 'LO', Value: [`model ${own}`] },
    '00100010': { vr: 'PN', Value: [{ Alphabetic: `Doe^${own}` }] },
    '00400275': { vr: 'SQ', Value: [{ '00401001': { vr: 'SH', Value: [own] } }] },
  };
}

/** Rows of the study with its own UID left out. */
async function rowsOf(study: string): Promise<string[]> {
  const found = await database.query<{ row: string }>({
    text: `select to_jsonb(n)::text as row from (
        select 'study' as of, s.patient_name, s.patient_name_key, s.study_date, s.accession_number, s.study_description,
          s.attributes, s.founded_by, s.received_at, s.updated_at, s.modalities, s.sop_classes, s.number_of_series,
          s.number_of_instances, s.patient_id, null as device, null as requests, s.founding_due
        from study s where s.study_instance_uid = $1
        union all
        select e.series_instance_uid, e.modality, e.series_description, e.series_date, null, e.manufacturer_model_name,
          e.attributes, e.founded_by, e.received_at, null, null, null, null, e.number_of_instances, null, d.code,
          (select array_agg(r.requested_procedure_id order by r.ordinal) from series_request r
            where r.study_key = e.study_key and r.series_key = e.series_key), e.founding_due
        from series e join study s using (study_key) left join device d using (device_id)
        where s.study_instance_uid = $1
        union all
        select i.sop_instance_uid, i.state, null, null, null, null, null, null, i.received_at, null, null, null, null, null,
          null, null, null, false
        from instance i join study s using (study_key) where s.study_instance_uid = $1) n order by 1`,
    values: [study],
  });
  return found.rows.map(({ row }) => row.replaceAll(study, 'STUDY'));
}

/** `together`: segments handed over without waiting for the one before. */
async function commit(study: string, arrivals: readonly (typeof ARRIVALS)[number][], together: number) {
  const groupCommit = new GroupCommit(database);
  for (let start = 0; start < arrivals.length; start += together) {
    const some = arrivals.slice(start, start + together);
    await Promise.all(some.map((arrival) => groupCommit.submit(segmentOf(study, arrival))));
  }
}

async function takeOut(uid: string): Promise<void> {
  const holder = (await readExisting(database, [uid])).get(uid);
  if (holder === undefined) throw new Error(`nobody holds ${uid}`);
  await database.inTransaction((client) => takeOutInstance(client, holder, new Date('2026-03-01T08:00:00Z')));
}

/** As packages/indexing does from the segments of the store. */
async function settle(study: string): Promise<number> {
  const due = await foundersDue(database, 100);
  for (const one of due) {
    const arrival = ARRIVALS.find(({ series, instances }) =>
      instances.some((number) => one.sopInstanceUid === `${study}.${series}.${number}`),
    );
    if (arrival === undefined) throw new Error(`${one.sopInstanceUid} did not arrive`);
    const segment = segmentOf(study, arrival);
    const instance = segment.instances.find(({ sopInstanceUid }) => sopInstanceUid === one.sopInstanceUid);
    if (instance === undefined) throw new Error(`${one.sopInstanceUid} is not in its segment`);
    await recordFounder(database, one, { segment, instance });
  }
  return due.length;
}

let runs = 0;
const newStudy = () => `1.9.${(runs += 1)}`;

describe('the index', () => {
  it('is the same whatever the order of commits', async () => {
    const expected = newStudy();
    await commit(expected, ARRIVALS, 1);
    const rows = await rowsOf(expected);
    expect(rows).toHaveLength(1 + 3 + 10);
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...ARRIVALS], { minLength: ARRIVALS.length }),
        fc.integer({ min: 1, max: ARRIVALS.length }),
        async (arrivals, together) => {
          const study = newStudy();
          await commit(study, arrivals, together);
          expect(await rowsOf(study)).toEqual(rows);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('names the earliest received, of those received at once the one with the least UID', async () => {
    const study = newStudy();
    await commit(study, ARRIVALS, 2);
    const found = await database.query<{ founded_by: string; name: string }>({
      text: `select founded_by, patient_name as name from study where study_instance_uid = $1
        union all select e.founded_by, e.series_description from series e join study using (study_key)
          where study_instance_uid = $1 order by 1, 2`,
      values: [study],
    });
    expect(found.rows).toEqual([
      { founded_by: `${study}.1.2`, name: 'series 1-2' },
      { founded_by: `${study}.2.1`, name: 'series 2-1' },
      { founded_by: `${study}.3.8`, name: 'Doe^3-8' },
      { founded_by: `${study}.3.8`, name: 'series 3-8' },
    ]);
  });

  it('forgets an instance that is taken out: attributes come from the next earliest', async () => {
    const [study, without] = [newStudy(), newStudy()];
    await commit(study, ARRIVALS, 3);
    for (const uid of ['3.8', '3.9', '1.2', '2.6']) await takeOut(`${study}.${uid}`);
    // Which instance it is, is known at once; what it says, once its segment was read.
    expect((await rowsOf(study)).some((row) => row.includes('"founding_due": true'))).toBe(true);
    expect(await settle(study)).toBe(2);
    expect(await settle(study)).toBe(0);
    const left = ARRIVALS.map((arrival) => ({
      ...arrival,
      instances: arrival.instances.filter(
        (number) => !['3.8', '3.9', '1.2', '2.6'].includes(`${arrival.series}.${number}`),
      ),
    })).filter(({ instances }) => instances.length > 0);
    await commit(without, left as unknown as (typeof ARRIVALS)[number][], 1);
    // A series without an instance stays as a row that nobody is shown.
    const rows = (await rowsOf(study)).filter((row) => !row.includes('"number_of_instances": 0'));
    expect(rows).toEqual(await rowsOf(without));
  });

  it('takes a newcomer that was received before its founder, while that is not read yet', async () => {
    const [study, other] = [newStudy(), newStudy()];
    const [late, early, ...rest] = [ARRIVALS[0], ARRIVALS[1], ARRIVALS[4]];
    for (const arrival of [late, ...rest]) await commit(study, [arrival], 1);
    await takeOut(`${study}.1.2`);
    await commit(study, [early], 1);
    expect(await settle(study)).toBe(0);
    await commit(other, [early, late], 1);
    expect(await rowsOf(study)).toEqual(await rowsOf(other));
  });
});
