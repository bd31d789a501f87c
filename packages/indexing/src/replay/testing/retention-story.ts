/**
 * An archive with something of every kind of retention: registers, schedules, holds, rejections that stand and that were
 * restored, a study that was disposed of. Decided by the functions that people's commands call.
 */
import { hash } from 'node:crypto';
import {
  adoptSchedule,
  approvePlan,
  beginDisposition,
  contentsOfStudies,
  createDevice,
  createFacility,
  type Database,
  decidePatientLink,
  endDisposition,
  insertCertificate,
  insertPlan,
  insertPlanItems,
  keepUids,
  lockStudyContent,
  type NewDisposition,
  placeHold,
  proposeSchedule,
  type Queryable,
  recordObjectsGone,
  registerPatientFact,
  registerProgramme,
  rejectInstances,
  releaseHold,
  restoreRejection,
  type StudyContent,
  setDeviceCommissioned,
  setFacilityRegion,
  withdrawPatientFact,
  withdrawPlan,
  withdrawProgramme,
} from '@sandyq/database';
import { type ObjectStore, studyKeyPrefix } from '@sandyq/storage';

/** UUIDs that sort by their number. */
export const idOf = (number: number) => `018f0000-0000-7000-8000-${String(number).padStart(12, '0')}`;

const SCHEDULE = 'kz';
const TEXT = `schedule: kz
version: 1
title: Ten years
source: test
timeZone: Asia/Almaty
effective: { from: 2020-01-01 }
absence: {}
rules:
  - { id: ten, title: t, when: {}, keep: { atLeast: [{ period: 10y, from: study-date }] }, atEnd: destroy }
`;

/** Facility, device and the first schedule: what was decided before anything was stored. */
export async function decideBeforehand(database: Database): Promise<void> {
  await database.inTransaction(async (client) => {
    await createFacility(client, { code: 'hospital', name: 'Hospital' }, 'anna');
    await createDevice(client, { facilityCode: 'hospital', code: 'ct', origin: 'local' }, 'anna');
    await proposeSchedule(client, {
      schedule: SCHEDULE,
      version: 1,
      text: TEXT,
      sha256: hash('sha256', TEXT, 'buffer'),
      effectiveFrom: '2020-01-01',
      effectiveUntil: undefined,
      proposedBy: 'anna',
    });
  });
}

/** Registers, the schedule signed off, holds placed and released. */
export async function decideRegisters(database: Database): Promise<void> {
  const decide = (work: (client: Queryable) => Promise<unknown>) => database.inTransaction(work);
  const patient = { issuer: 'hospital', patientId: 'P-1' };
  const fact = { ...patient, source: 'register' };
  await decide((client) => setFacilityRegion(client, { code: 'hospital', region: 'Алматы' }, 'anna'));
  await decide((client) =>
    setDeviceCommissioned(client, { code: 'ct', commissionedOn: '2019-05-31' }, 'anna'),
  );
  for (const [number, rest] of [
    [1, { kind: 'birth', on: '1990-02-28' }],
    [2, { kind: 'diagnosis', diagnosisClass: 'malignant', on: '2024-02-29' }],
  ] as const)
    await decide((client) =>
      registerPatientFact(client, { ...fact, ...rest, patientFactId: idOf(number) }, 'anna'),
    );
  await decide((client) => withdrawPatientFact(client, idOf(1), 'berik'));
  for (const state of ['candidate', 'confirmed', 'removed', 'refused'] as const)
    await decide((client) =>
      decidePatientLink(client, { one: patient, other: { ...patient, patientId: 'P-2' }, state }, 'anna'),
    );
  for (const [number, programme] of [
    [3, 'screening'],
    [4, 'trial'],
  ] as const)
    await decide((client) =>
      registerProgramme(
        client,
        { studyProgrammeId: idOf(number), studyInstanceUid: '2.25.1', programme },
        'anna',
      ),
    );
  await decide((client) =>
    withdrawProgramme(client, { studyInstanceUid: '2.25.1', programme: 'trial' }, 'berik'),
  );
  await decide((client) => adoptSchedule(client, { schedule: SCHEDULE, version: 1 }, 'berik'));
  const hold = { reason: 'inquiry', authority: 'court', owner: 'legal office', reviewOn: '2030-01-01' };
  const listed = { kind: 'studies', studyInstanceUids: ['2.25.1', '2.25.7'] } as const;
  const query = { kind: 'query', condition: 'modality: [CT]' } as const;
  await decide((client) => placeHold(client, { ...hold, legalHoldId: idOf(5), scope: listed }, 'anna'));
  await decide((client) => placeHold(client, { ...hold, legalHoldId: idOf(6), scope: query }, 'anna'));
  await decide((client) => releaseHold(client, { legalHoldId: idOf(6), reason: 'it is over' }, 'berik'));
}

/** A plan of one study, made before and not approved yet. */
export async function makePlan(database: Database, planId: string, studyInstanceUid: string): Promise<void> {
  const content = (await contentsOfStudies(database, [studyInstanceUid])).get(studyInstanceUid);
  if (content === undefined) throw new Error('there is nothing to plan');
  const { facility, instances, bytes } = content;
  const rest = {
    instances,
    bytes,
    earliestDisposition: '2025-01-01',
    rule: 'ten',
    action: 'destroy',
  } as const;
  await database.inTransaction(async (client) => {
    await insertPlan(client, {
      planId,
      kind: 'schedule',
      schedule: SCHEDULE,
      scheduleVersion: 1,
      sha256: content.sha256,
      studies: 1,
      instances,
      bytes,
      createdBy: 'anna',
      createdAt: new Date(),
      expiresAt: new Date(Date.now() + 86_400_000),
    });
    const item = { ordinal: 1, studyInstanceUid, facility, rejectionId: undefined, ...rest };
    await insertPlanItems(client, planId, [{ ...item, contentSha256: content.sha256 }]);
  });
}

/** A rejection by hand of a series of a study; of all of it without one. */
export async function reject(
  database: Database,
  rejection: {
    readonly number: number;
    readonly study: string;
    readonly series?: string;
    readonly planId?: string;
  },
): Promise<void> {
  const { number, study, series, planId } = rejection;
  await database.inTransaction((client) =>
    rejectInstances(client, {
      rejectionId: idOf(number),
      studyInstanceUid: study,
      seriesInstanceUid: series,
      planId,
      reasonCode: planId === undefined ? '113037' : '113039',
      reasonText: 'test',
      rejectedBy: 'anna',
      now: new Date(),
      restoreUntil: new Date(),
    }),
  );
}

/** A rejection note on instances of the first series of a study, some of which may not be here; ids as of {@link reject}. */
export async function rejectByNote(
  database: Database,
  note: {
    readonly number: number;
    readonly study: string;
    readonly images: readonly number[];
    readonly at?: Date;
  },
): Promise<void> {
  const { number, study, images, at: now = new Date() } = note;
  const sopInstanceUids = images.map((image) => `${study}.1.${image}`);
  const text = `select facility_id as "facilityId" from facility where code = 'hospital'`;
  const [facility] = (await database.query<{ facilityId: number }>({ text })).rows;
  if (facility === undefined) throw new Error('there is no facility');
  await database.inTransaction(async (client) => {
    const kept = await keepUids(client, sopInstanceUids, facility.facilityId);
    await rejectInstances(client, {
      rejectionId: idOf(number),
      studyInstanceUid: study,
      seriesInstanceUid: `${study}.1`,
      sopInstanceUids,
      noteUid: `${study}.9`,
      reasonCode: '113001',
      reasonText: 'test',
      rejectedBy: 'scanner',
      now,
      restoreUntil: new Date(now.getTime() + 30 * 86_400_000),
      awaited: { ...facility, facility: 'hospital', sopInstanceUids: [...kept] },
    });
  });
}

/** Undoes it. */
export async function restore(database: Database, number: number): Promise<void> {
  const restoration = {
    rejectionId: idOf(number),
    reason: 'by mistake',
    restoredBy: 'berik',
    now: new Date(),
  };
  await database.inTransaction((client) => restoreRejection(client, restoration));
}

/** Approves the plan, hides its study, and begins its purge: nothing of it is deleted yet. Returns the keys of its objects. */
export async function beginPurge(
  { database, store }: { readonly database: Database; readonly store: ObjectStore },
  { planId, study, number }: { readonly planId: string; readonly study: string; readonly number: number },
): Promise<string[]> {
  await database.inTransaction((client) => approvePlan(client, { planId, now: new Date() }, 'berik'));
  const content = (await contentsOfStudies(database, [study])).get(study);
  if (content === undefined) throw new Error('there is nothing to purge');
  await reject(database, { number, study, planId });
  const disposition = { ...dispositionOf(content, number), planId };
  await database.inTransaction(async (client) => {
    const locked = await lockStudyContent(client, study);
    if (locked === undefined) throw new Error('the study is gone');
    await beginDisposition(client, { studyKey: locked.studyKey, disposition });
  });
  const keys: string[] = [];
  for await (const { key } of store.list(studyKeyPrefix(study))) keys.push(key);
  return keys;
}

function dispositionOf(content: StudyContent, number: number): Omit<NewDisposition, 'planId'> {
  return {
    dispositionId: idOf(number + 1),
    studyInstanceUid: content.studyInstanceUid,
    facility: 'hospital',
    isWholeStudy: true,
    rejectionId: idOf(number),
    planSha256: content.sha256,
    schedule: SCHEDULE,
    scheduleVersion: 1,
    rule: 'ten',
    reasonCode: '113039',
    contentSha256: content.sha256,
    instances: content.instances,
    bytes: content.bytes,
    plannedBy: 'anna',
    approvedBy: 'berik',
    executedBy: 'anna',
    begunAt: new Date(),
  };
}

/** Deletes the objects, and ends the disposition that the rejection of this number began. */
export async function endPurge(
  { database, store }: { readonly database: Database; readonly store: ObjectStore },
  keys: readonly string[],
  number: number,
): Promise<void> {
  for (const key of keys) await store.delete(key);
  const dispositionId = idOf(number + 1);
  await recordObjectsGone(database, dispositionId, { objectKeys: keys, now: new Date() });
  const left = await database.inTransaction((client) =>
    endDisposition(client, { dispositionId, now: new Date() }),
  );
  if (left > 0) throw new Error('objects are left');
}

/** A certificate, and a plan that is approved and then withdrawn. */
export async function concludePlans(
  database: Database,
  { certified, withdrawn }: { readonly certified: string; readonly withdrawn: string },
): Promise<void> {
  const keys = { signature: Buffer.alloc(64, 7), publicKey: Buffer.alloc(44, 8) };
  const issued = { certificateId: idOf(40), planId: certified, issuedBy: 'anna', issuedAt: new Date() };
  await database.inTransaction(async (client) => {
    await insertCertificate(client, { ...issued, ...keys, statement: '{"studies":1}' });
    await approvePlan(client, { planId: withdrawn, now: new Date() }, 'berik');
    await withdrawPlan(client, withdrawn, 'anna');
  });
}
