import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GroupCommit } from './commit/group-commit.ts';
import type { Database } from './database.ts';
import { createFacility, type Facility } from './principals.ts';
import {
  discardProposedCorrection,
  findProposedCorrection,
  listProposedCorrections,
} from './proposed-corrections.ts';
import { journalLines, makeCorrection } from './testing/kept-back.ts';
import { segmentCommit } from './testing/segment-commits.ts';
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts';
import { countKnownRepeat } from './verdicts.ts';

let test: TestDatabase;
let database: Database;
let hospital: Facility;
let clinic: Facility;
let studyKey: number;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
  hospital = await createFacility(database, { code: 'hospital', name: 'Hospital' }, 'test');
  clinic = await createFacility(database, { code: 'clinic', name: 'Clinic' }, 'test');
  await new GroupCommit(database).submit(segmentOf('1.5.1.1'));
  const studies = await database.query<{ study_key: number }>({ text: 'select study_key from study' });
  studyKey = studies.rows[0]?.study_key ?? 0;
});

afterAll(() => test.drop());

function segmentOf(sopInstanceUid: string) {
  return segmentCommit({
    studyInstanceUid: '1.5',
    seriesInstanceUid: '1.5.1',
    facilityId: hospital.facilityId,
    issuerId: hospital.patientIssuerId,
    instances: [{ sopInstanceUid }],
  });
}

/** A proposal in a segment of its own, as ingest records it. */
async function propose(bytes: string, facility = hospital) {
  const segment = segmentOf('1.5.1.1');
  await new GroupCommit(database).submit(segment);
  await database.query({
    text: `update segment set state = 'live' where segment_id = $1`,
    values: [segment.segmentId],
  });
  const { segmentId } = segment;
  const isNew = await makeCorrection(database, {
    sopInstanceUid: '1.5.1.1',
    studyKey,
    facilityId: facility.facilityId,
    segmentId,
    bytes,
  });
  const [newest] = await listProposedCorrections(database, { includeDecided: true }, 1);
  return {
    isNew,
    segmentId,
    id: newest?.proposedCorrectionId ?? 0,
    sha256: newest?.sha256 ?? Buffer.alloc(0),
  };
}

describe('proposed corrections', () => {
  it('are listed by facility and state, newest first, in pages, and shown whole', async () => {
    const first = await propose('first');
    const second = await propose('second', clinic);
    const ids = async (filter: Parameters<typeof listProposedCorrections>[1], limit = 10) =>
      (await listProposedCorrections(database, filter, limit)).map((one) => one.proposedCorrectionId);
    expect(await ids({})).toEqual([second.id, first.id]);
    expect(await ids({ facilityId: clinic.facilityId })).toEqual([second.id]);
    expect(await ids({}, 1)).toEqual([second.id]);
    expect(await ids({ before: second.id })).toEqual([first.id]);
    expect(await findProposedCorrection(database, first.id)).toMatchObject({
      state: 'open',
      studyInstanceUid: '1.5',
      sopInstanceUid: '1.5.1.1',
      facilityCode: 'hospital',
      segmentId: first.segmentId,
      timesReceived: 1,
    });
    expect(await findProposedCorrection(database, 999_999)).toBeUndefined();
  });

  it('are discarded once, with a journal line, and their segment is settled', async () => {
    const { id, segmentId } = await propose('unwanted');
    const discard = (decidedBy: string) =>
      database.inTransaction((client) => discardProposedCorrection(client, id, decidedBy));
    await discard('anna');
    expect(await findProposedCorrection(database, id)).toMatchObject({
      state: 'discarded',
      decidedBy: 'anna',
    });
    expect(await journalLines(database, 1)).toMatchObject([
      { kind: 'correction-discarded', decided_by: 'anna', fact: { proposedCorrectionId: id } },
    ]);
    const segment = await database.query({
      text: 'select state from segment where segment_id = $1',
      values: [segmentId],
    });
    expect(segment.rows).toEqual([{ state: 'duplicate' }]);
    await expect(discard('berik')).rejects.toMatchObject({ code: 'conflict' });
    await expect(
      database.inTransaction((client) => discardProposedCorrection(client, 999_999, 'anna')),
    ).rejects.toMatchObject({ code: 'not-found' });
  });

  it('that were discarded and come again are new ones; other repeats are counted', async () => {
    const first = await propose('again');
    expect((await propose('again')).isNew).toBe(false);
    expect(await findProposedCorrection(database, first.id)).toMatchObject({ timesReceived: 2 });
    await database.inTransaction((client) => discardProposedCorrection(client, first.id, 'anna'));
    const repeat = { facilityId: hospital.facilityId, sopInstanceUid: '1.5.1.1', sha256: first.sha256 };
    expect(await countKnownRepeat(database, { ...repeat, receivedAt: new Date() })).toBeUndefined();
    const second = await propose('again');
    expect(second.isNew).toBe(true);
    expect(second.id).not.toBe(first.id);
  });
});
