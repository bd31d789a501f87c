/** Rejection notes (IHE RAD TF-3 §4.66) from devices that are believed, and from those that are not. */
import { listRejections, type Rejection } from '@sandyq/database';
import { makeApiKey } from '@sandyq/index';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { askRejections, type NotedInstance, noteOf, storeDataSet } from '../support/rejecting.ts';
import { imageOf, QuarantineArchive } from './quarantine-archive.ts';

type Headers = Record<string, string>;

let here: QuarantineArchive;
/** Like the scanner of the hospital, and believed. */
let changer: Headers;
let changerOfClinic: Headers;

beforeAll(async () => {
  here = await QuarantineArchive.start();
  changer = await keyOf({ device: 'ct' });
  changerOfClinic = await keyOf({ facility: 'clinic' });
});
afterAll(() => here?.test.stop());

async function keyOf(place: { device?: string; facility?: string }): Promise<Headers> {
  const roles = ['scanner' as const, 'change-requester' as const];
  const { key } = await makeApiKey(here.test.archive.database, { roles, ...place }, 'test');
  return { Authorization: `Bearer ${key}` };
}

function instance(study: string, number: number): NotedInstance {
  return { studyInstanceUid: study, seriesInstanceUid: `${study}.1`, sopInstanceUid: `${study}.1.${number}` };
}

/** A study of two images, as the scanner has sent them. */
async function makeStudy(): Promise<string> {
  const study = here.newStudy();
  for (const number of [1, 2]) await here.store(imageOf(study, number, { patientId: 'P1' }).bytes);
  return study;
}

const send = (note: ReturnType<typeof noteOf>, headers = changer) =>
  storeDataSet(here.test.url, note, headers);

const rejections = (study: string): Promise<Rejection[]> =>
  listRejections(here.test.archive.database, { studyInstanceUid: study }, 100);

/** Status of each image: 410 where it is rejected. */
async function statuses(study: string): Promise<number[]> {
  const originals = [await here.original(study, 1), await here.original(study, 2)];
  return originals.map((original) => (typeof original === 'number' ? original : 200));
}

it.each(['113001', '113037', '113038', '113039'])(
  '%s hides what the note refers to, and is kept itself',
  async (code) => {
    const study = await makeStudy();
    expect(await send(noteOf(`${study}.9`, code, [instance(study, 1)]))).toBe(200);
    expect(await statuses(study)).toEqual([410, 200]);
    expect(await here.instanceCount(study)).toBe(2);
    const [rejection, ...others] = await rejections(study);
    expect(others).toEqual([]);
    expect(rejection).toMatchObject({
      reasonCode: code,
      noteUid: `${study}.9`,
      planId: undefined,
      seriesInstanceUid: `${study}.1`,
      instances: 1,
      state: 'rejected',
    });
    const graceMs = (rejection?.restoreUntil.getTime() ?? 0) - (rejection?.rejectedAt.getTime() ?? 0);
    expect(graceMs).toBe(30 * 86_400_000);
  },
);

it('takes effect once: what a person restored since stays, however often the note comes', async () => {
  const study = await makeStudy();
  const note = noteOf(`${study}.9`, '113001', [instance(study, 1), instance(study, 2)]);
  await send(note);
  expect(await send(note)).toBe(200);
  const [rejection, ...others] = await rejections(study);
  expect(others).toEqual([]);
  const path = `/${rejection?.rejectionId}/restore`;
  await askRejections(here.test.url, here.administrator, path, { reason: 'the note was wrong' });
  expect(await send(note)).toBe(200);
  expect(await statuses(study)).toEqual([200, 200]);
});

it('that was stored without effect takes effect when it comes again', async () => {
  const study = await makeStudy();
  const note = noteOf(`${study}.9`, '113001', [instance(study, 2)]);
  // Its sender is not believed: the same as if the process had ended before it took effect.
  expect(await send(note, here.hospital)).toBe(200);
  expect(await statuses(study)).toEqual([200, 200]);
  expect(await send(note)).toBe(200);
  expect(await statuses(study)).toEqual([200, 410]);
});

it('of a sender who is no change requester is a document like any other', async () => {
  const study = await makeStudy();
  expect(await send(noteOf(`${study}.9`, '113037', [instance(study, 1)]), here.hospital)).toBe(200);
  expect(await statuses(study)).toEqual([200, 200]);
  expect(await here.instanceCount(study)).toBe(3);
});

it('leaves a row in the audit for each study it speaks of, believed or not', async () => {
  const study = await makeStudy();
  await send(noteOf(`${study}.8`, '113037', [instance(study, 1)]), here.hospital);
  await send(noteOf(`${study}.9`, '113037', [instance(study, 1)]));
  const rows = await here.test.archive.database.query({
    text: `select allowed, reason from audit_event where action = 'reject-by-note' and study_instance_uid = $1
      order by audit_event_id`,
    values: [study],
  });
  expect(rows.rows).toEqual([
    { allowed: false, reason: 'role-forbids' },
    { allowed: true, reason: 'role-permits' },
  ]);
});

it('of another title is a document like any other', async () => {
  const study = await makeStudy();
  expect(await send(noteOf(`${study}.9`, '113000', [instance(study, 1)]))).toBe(200);
  expect(await statuses(study)).toEqual([200, 200]);
});

it('does not reach studies of another facility', async () => {
  const [study, own] = [await makeStudy(), here.newStudy()];
  await here.store(imageOf(own, 1, { patientId: 'P7' }).bytes, changerOfClinic);
  const references = [instance(own, 1), instance(study, 1)];
  expect(await send(noteOf(`${own}.9`, '113037', references, 'P7'), changerOfClinic)).toBe(200);
  expect(await here.original(own, 1)).toBe(410);
  expect(await statuses(study)).toEqual([200, 200]);
});

it('that is held out because it names another patient does nothing', async () => {
  const study = await makeStudy();
  expect(await send(noteOf(`${study}.9`, '113037', [instance(study, 1)], 'P2'))).toBe(202);
  expect(await statuses(study)).toEqual([200, 200]);
});
