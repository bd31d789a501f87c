/** What happens between plan and purge is seen: instances that arrive, holds, patients who may be others. */
import { decidePatientLink } from '@sandyq/database';
import { placeLegalHold, releaseLegalHold, resumeDispositions } from '@sandyq/disposition';
import { type ObjectStore, StorageError } from '@sandyq/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, storeAll } from '../support/dicomweb.ts';
import {
  approvedPlan,
  approver,
  execute,
  executionPorts,
  oldInstance,
  planner,
  rejectNow,
} from '../support/disposing-archive.ts';
import { DispositionArchive, later } from './disposition-archive.ts';

let here: DispositionArchive;

beforeAll(async () => {
  here = await DispositionArchive.start();
});
afterAll(() => here?.stop());

const ports = () => ({ ...here.test.archive, now: () => new Date() });

describe('between plan and purge', () => {
  it('an instance that arrives is seen: the study is shown again, and stays', async () => {
    const study = await here.newStudy();
    const plan = await approvedPlan(here.test.archive);
    await execute(here.test.archive, plan, { graceDays: 30 });
    await storeAll(here.test.url, [oldInstance(study, { number: 9 })]);
    const report = await execute(here.test.archive, plan, { now: later(31) });
    expect(report).toMatchObject({ skipped: { studies: 1 }, purged: { studies: 0 } });
    expect(await here.itemOf(study)).toMatchObject({
      state: 'skipped',
      outcome: expect.stringContaining('changed'),
    });
    expect(await here.isShown(study)).toBe(true);
    expect(await here.entriesOf(study)).toHaveLength(5);
    await execute(here.test.archive, await approvedPlan(here.test.archive));
    expect(await here.keysOf(study)).toEqual([]);
  });

  it('a hold is seen: the study stays hidden, and is deleted when it is released', async () => {
    const study = await here.newStudy();
    const plan = await approvedPlan(here.test.archive);
    await execute(here.test.archive, plan, { graceDays: 30 });
    const request = { reason: 'a claim', authority: 'a court', owner: 'the lawyer', reviewOn: '2100-01-01' };
    const hold = await placeLegalHold(ports(), { ...request, studies: [study] }, planner);
    const { legalHoldId } = hold;
    expect(await execute(here.test.archive, plan, { now: later(31) })).toMatchObject({
      held: { studies: 1 },
      purged: { studies: 0 },
      isEnded: false,
    });
    expect(await here.itemOf(study)).toEqual({ state: 'rejected', outcome: `legal hold ${legalHoldId}` });
    await releaseLegalHold(ports(), { legalHoldId, reason: 'settled' }, approver);
    expect(await execute(here.test.archive, plan, { now: later(31) })).toMatchObject({
      purged: { studies: 1 },
    });
    expect(await here.keysOf(study)).toEqual([]);
  });

  it('a patient who may be another one is seen: the study is shown again', async () => {
    const [study, other] = [await here.newStudy(), await here.newStudy()];
    const plan = await approvedPlan(here.test.archive);
    await execute(here.test.archive, plan, { graceDays: 30 });
    const [issuer] = await here.rows(
      'select i.local_namespace as name from issuer i join patient_identifier using (issuer_id)',
    );
    const named = (uid: string) => ({ issuer: String(issuer?.['name']), patientId: `P${uid}` });
    await here.test.archive.database.inTransaction((client) =>
      decidePatientLink(client, { one: named(study), other: named(other), state: 'candidate' }, 'registrar'),
    );
    await execute(here.test.archive, plan, { now: later(31) });
    for (const uid of [study, other]) {
      expect(await here.itemOf(uid)).toMatchObject({
        state: 'skipped',
        outcome: expect.stringContaining('another one'),
      });
      expect(await here.isShown(uid)).toBe(true);
    }
    await here.rows('delete from patient_link');
    await execute(here.test.archive, await approvedPlan(here.test.archive));
  });

  it('an instance that arrives while bytes are deleted is kept, and nothing of the rest', async () => {
    const study = await here.newStudy();
    const plan = await approvedPlan(here.test.archive);
    const { store } = here.test.archive;
    let hasArrived = false;
    const arriving: ObjectStore = {
      ...store,
      delete: async (key, signal) => {
        if (!hasArrived && key.startsWith('v1/')) {
          hasArrived = true;
          await storeAll(here.test.url, [oldInstance(study, { series: 3, number: 1 })]);
        }
        await store.delete(key, signal);
      },
    };
    await execute(here.test.archive, plan, { store: arriving });
    expect(await here.entriesOf(study)).toEqual([`${study}.3.1`]);
    expect(await here.isShown(study)).toBe(true);
    expect((await get(`${here.test.url}/dicom-web/studies/${study}/metadata`)).status).toBe(200);
    await execute(here.test.archive, await approvedPlan(here.test.archive));
    expect(await here.keysOf(study)).toEqual([]);
  });

  it('two who carry it out at the same time do it once', async () => {
    const studies = [await here.newStudy(), await here.newStudy()];
    const plan = await approvedPlan(here.test.archive);
    await Promise.all([execute(here.test.archive, plan), execute(here.test.archive, plan)]);
    await execute(here.test.archive, plan).catch((error: unknown) => {
      // Unless it was ended by them already.
      expect(error).toMatchObject({ code: 'conflict' });
    });
    for (const study of studies) {
      expect(await here.keysOf(study)).toEqual([]);
      expect(await here.itemOf(study)).toEqual({ state: 'purged', outcome: null });
      const dispositions = 'select 1 from disposition where study_instance_uid = $1';
      expect(await here.rows(dispositions, study)).toHaveLength(1);
    }
  });

  it('segments that are being joined are waited for: nobody puts back what goes', async () => {
    const study = await here.newStudy();
    const part = { seriesInstanceUid: `${study}.1`, sopInstanceUids: [`${study}.1.1`] };
    await rejectNow(here.test.archive, { studyInstanceUid: study, ...part });
    const plan = await approvedPlan(here.test.archive, 'rejections');
    const claim = async (due: string) => {
      const ofStudy = '(select study_key from study where study_instance_uid = $1)';
      await here.rows(`update segment set compact_due = ${due} where study_key = ${ofStudy}`, study);
    };
    await claim(`now() + interval '1 hour'`);
    const waiting = await execute(here.test.archive, plan);
    expect(waiting).toMatchObject({ waiting: { studies: 1 }, purged: { studies: 0 }, isEnded: false });
    await claim('null');
    expect(await execute(here.test.archive, plan)).toMatchObject({ purged: { studies: 1 }, isEnded: true });
    expect(await here.entriesOf(study)).toHaveLength(3);
    await execute(here.test.archive, await approvedPlan(here.test.archive));
  });

  it('objects that the store keeps locked, or a hold that comes late, are waited for; then it is ended', async () => {
    const study = await here.newStudy();
    const plan = await approvedPlan(here.test.archive);
    const { store } = here.test.archive;
    const locked: ObjectStore = {
      ...store,
      delete: (key) => Promise.reject(new StorageError('locked', `${key} is locked`)),
    };
    const waiting = { waiting: { studies: 1 }, purged: { studies: 0 }, isEnded: false };
    expect(await execute(here.test.archive, plan, { store: locked })).toMatchObject(waiting);
    expect(await here.itemOf(study)).toEqual({
      state: 'purging',
      outcome: 'the store keeps its objects locked until a day',
    });
    const request = { reason: 'late', authority: 'a court', owner: 'the lawyer', reviewOn: '2100-01-01' };
    const { legalHoldId } = await placeLegalHold(ports(), { ...request, studies: [study] }, planner);
    const purging = executionPorts(here.test.archive);
    expect(await resumeDispositions(purging)).toEqual({ ended: 0, waiting: 1 });
    expect(await here.keysOf(study)).toHaveLength(2);
    await releaseLegalHold(ports(), { legalHoldId, reason: 'settled' }, approver);
    expect(await resumeDispositions(purging)).toEqual({ ended: 1, waiting: 0 });
    expect(await here.keysOf(study)).toEqual([]);
    expect(await here.itemOf(study)).toEqual({ state: 'purged', outcome: null });
  });
});
