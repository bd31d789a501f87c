/** Plans carried out: what is planned and approved is gone in the end, every object of it, and nothing else is. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { executePlan, publicKeyOf, verifyCertificate } from '@sandyq/disposition';
import { compactionPorts } from '@sandyq/index';
import { compactNow } from '@sandyq/indexing';
import { createFilesystemStore, nodeFileSystem } from '@sandyq/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, storeAll, storeOne } from '../support/dicomweb.ts';
import {
  adopt,
  approvedPlan,
  execute,
  executionPorts,
  ONE_YEAR,
  oldInstance,
  rejectNow,
} from '../support/disposing-archive.ts';
import { askAndFollow } from '../support/requested-work.ts';
import { DispositionArchive, later } from './disposition-archive.ts';

/** Not now: clocks of the database and of the archive tell other fractions of a millisecond. */
const EXPIRE = `update disposition_plan set expires_at = now() - interval '1 hour'`;

let here: DispositionArchive;

beforeAll(async () => {
  here = await DispositionArchive.start();
});
afterAll(() => here?.stop());

describe('a plan by the schedule', () => {
  it('hides whole studies, and deletes them after their grace; tombstones stay', async () => {
    const study = await here.newStudy();
    const plan = await approvedPlan(here.test.archive);
    const first = await execute(here.test.archive, plan, { graceDays: 30 });
    expect(first).toMatchObject({ rejected: { studies: 1, instances: 4 }, purged: { studies: 0 } });
    expect(await here.keysOf(study)).toHaveLength(2);
    expect(await here.isShown(study)).toBe(false);
    const early = await execute(here.test.archive, plan, { graceDays: 30, now: later(29) });
    expect(early).toMatchObject({ inGrace: { studies: 1 }, isEnded: false });

    const second = await execute(here.test.archive, plan, { graceDays: 30, now: later(31) });
    expect(second).toMatchObject({ purged: { studies: 1, instances: 4 }, isEnded: true });
    expect(await here.keysOf(study)).toEqual([]);
    const tombs = await here.rows(
      `select p.state, p.study_key, d.rule, d.is_whole_study, d.ended_at is not null as ended from sop_instance p
        join disposition d using (disposition_id) where d.study_instance_uid = $1`,
      study,
    );
    const tomb = { state: 'disposed', study_key: null, rule: 'all', is_whole_study: true, ended: true };
    expect(tombs).toEqual([tomb, tomb, tomb, tomb]);
    const emptied = ['study', 'series', 'instance', 'instance_metadata', 'segment', 'patient'];
    for (const table of [...emptied, 'patient_identifier', 'rejected_instance'])
      expect({ table, rows: await here.rows(`select 1 from ${table}`) }).toEqual({ table, rows: [] });
  });

  it('deletes what compaction and replication have left, and the copies of the replica', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sandyq-replica-'));
    const replica = createFilesystemStore({ root: folder, fileSystem: nodeFileSystem() });
    const study = await here.newStudy();
    await storeAll(here.test.url, [oldInstance(study, { series: 1, number: 3 })]);
    const before = await here.keysOf(study);
    await compactNow(compactionPorts(here.test.archive), { dryRun: false, studyInstanceUid: study });
    for (const key of new Set([...before, ...(await here.keysOf(study))]))
      await replica.putBytes(key, Buffer.from('a copy'));
    const plan = await approvedPlan(here.test.archive);
    expect(await execute(here.test.archive, plan, { replica })).toMatchObject({ purged: { studies: 1 } });
    expect(await here.keysOf(study)).toEqual([]);
    expect(await here.keysOf(study, replica)).toEqual([]);
    await rm(folder, { recursive: true });
  });

  it('changes nothing unless it is told to', async () => {
    const study = await here.newStudy();
    const plan = await approvedPlan(here.test.archive);
    const tables = ['sop_instance', 'rejection', 'disposition_plan_item', 'journal_line'];
    const state = () =>
      Promise.all(tables.map((table) => here.rows(`select * from ${table} t order by t::text`)));
    const before = await state();
    const request = { planId: plan.planId, executedBy: 'executor', isDryRun: true };
    const report = await executePlan(executionPorts(here.test.archive), request);
    expect(report).toMatchObject({ isDryRun: true, rejected: { studies: 1 }, isEnded: false });
    expect(await state()).toEqual(before);
    expect(await here.isShown(study)).toBe(true);
    await execute(here.test.archive, plan);
  });

  it.each([
    ['is not approved', `update disposition_plan set state = 'open', approved_by = null, approved_at = null`],
    ['has expired', EXPIRE],
    ['was changed', `update disposition_plan_item set content_sha256 = sha256('')`],
  ])('is not carried out if it %s', async (_, change) => {
    const study = await here.newStudy();
    const plan = await approvedPlan(here.test.archive);
    await here.rows(`${change} where plan_id = $1`, plan.planId);
    await expect(execute(here.test.archive, plan)).rejects.toMatchObject({ name: 'DispositionError' });
    expect(await here.isShown(study)).toBe(true);
    await here.rows(`${EXPIRE} where plan_id = $1`, plan.planId);
    await execute(here.test.archive, await approvedPlan(here.test.archive));
    expect(await here.keysOf(study)).toEqual([]);
  });

  it('is not carried out when another schedule is in force', async () => {
    const study = await here.newStudy();
    const plan = await approvedPlan(here.test.archive);
    await adopt(here.test.archive, ONE_YEAR.replace('schedule: one-year', 'schedule: another-year'));
    await expect(execute(here.test.archive, plan)).rejects.toThrow('is not in force');
    expect(await here.isShown(study)).toBe(true);
    await here.rows(`${EXPIRE} where plan_id = $1`, plan.planId);
    await execute(here.test.archive, await approvedPlan(here.test.archive));
  });
});

describe('a plan of what was rejected by hand', () => {
  it('deletes a part of a study: what lies beside it is as it was, byte for byte', async () => {
    const study = await here.newStudy();
    const rejected = `${study}.1.1`;
    await rejectNow(here.test.archive, {
      studyInstanceUid: study,
      seriesInstanceUid: `${study}.1`,
      sopInstanceUids: [rejected],
    });
    const before = await here.keysOf(study);
    const report = await execute(here.test.archive, await approvedPlan(here.test.archive, 'rejections'));
    expect(report).toMatchObject({ purged: { studies: 1, instances: 1 }, isEnded: true });
    expect(await here.entriesOf(study)).toEqual([`${study}.1.2`, `${study}.2.1`, `${study}.2.2`]);
    expect((await here.keysOf(study)).filter((key) => before.includes(key))).toHaveLength(1);
    for (const [series, number] of [
      [1, 2],
      [2, 1],
      [2, 2],
    ] as const) {
      const path = `${study}/${study}.${series}/${study}.${series}.${number}`;
      const original = await get(`${here.test.url}/originals/${path}`);
      expect(original.body).toEqual(oldInstance(study, { series, number }));
    }
    expect((await storeOne(here.test.url, oldInstance(study))).kind).toBe('failed');
    expect(await here.rows(`select reason from quarantine where sop_instance_uid = $1`, rejected)).toEqual([
      { reason: 'disposed-instance' },
    ]);
    await here.rows(
      `update quarantine set state = 'discarded', decided_by = 'test', decided_at = now() where state = 'open'`,
    );
    await execute(here.test.archive, await approvedPlan(here.test.archive));
    expect(await here.keysOf(study)).toEqual([]);
  });

  it('deletes the object that quarantine had kept of it, too; that it was accepted is in the journal', async () => {
    const study = await here.newStudy();
    const uid = `${study}.2.3`;
    const headers = { 'Content-Type': 'application/dicom', Accept: 'application/dicom+json' };
    const body = oldInstance(study, { series: 2, number: 3 });
    await fetch(`${here.test.url}/dicom-web/studies/2.25.999`, { method: 'POST', headers, body });
    const entriesOfUid = () =>
      here.rows(
        `select quarantine_id as id, state, leftover_object_key as key from quarantine where sop_instance_uid = $1`,
        uid,
      );
    const [open] = await entriesOfUid();
    await fetch(`${here.test.url}/admin/quarantine/${String(open?.['id'])}/accept`, { method: 'POST' });
    const [accepted] = await entriesOfUid();
    expect(accepted).toMatchObject({ state: 'accepted', key: expect.stringContaining('quarantine') });
    const key = String(accepted?.['key']);
    const { store } = here.test.archive;
    expect(await store.stat(key)).toBeDefined();
    const rejected = { studyInstanceUid: study, seriesInstanceUid: `${study}.2`, sopInstanceUids: [uid] };
    await rejectNow(here.test.archive, rejected);
    const report = await execute(here.test.archive, await approvedPlan(here.test.archive, 'rejections'));
    expect(report).toMatchObject({ purged: { studies: 1, instances: 1 }, isEnded: true });
    expect(await store.stat(key)).toBeUndefined();
    expect(await entriesOfUid()).toEqual([]);
    expect(await here.entriesOf(study)).not.toContain(uid);
    expect(
      await here.rows(
        `select kind from journal_line where kind like 'quarantine-%' and fact ->> 'sopInstanceUid' = $1`,
        uid,
      ),
    ).toEqual([{ kind: 'quarantine-accepted' }]);
    await execute(here.test.archive, await approvedPlan(here.test.archive));
  });

  it('deletes a series, and a segment of nothing else with it', async () => {
    const study = await here.newStudy();
    await rejectNow(here.test.archive, { studyInstanceUid: study, seriesInstanceUid: `${study}.2` });
    await execute(here.test.archive, await approvedPlan(here.test.archive, 'rejections'));
    expect(await here.entriesOf(study)).toEqual([`${study}.1.1`, `${study}.1.2`]);
    expect(
      await here.rows(
        'select series_instance_uid as uid from series join study using (study_key) where study_instance_uid = $1',
        study,
      ),
    ).toEqual([{ uid: `${study}.1` }]);
    await rejectNow(here.test.archive, { studyInstanceUid: study });
    await execute(here.test.archive, await approvedPlan(here.test.archive, 'rejections'));
    expect(await here.keysOf(study)).toEqual([]);
    expect(await here.rows('select 1 from study where study_instance_uid = $1', study)).toEqual([]);
  });
});

describe('the admin API', () => {
  async function call(method: string, path: string, body?: object) {
    const response = await fetch(`${here.test.url}/admin/retention${path}`, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'Content-Type': 'application/json' },
      }),
    });
    const text = await response.text();
    return { status: response.status, text };
  }

  async function executed(planId: string, body: object) {
    const path = `/admin/retention/plans/${planId}/execute`;
    const ended = await askAndFollow(here.test.url, path, { body });
    return ended['result'] as Readonly<Record<string, unknown>>;
  }

  it('carries a plan out, gives its certificate, and the key that it is verified with', async () => {
    const study = await here.newStudy();
    const { planId } = await approvedPlan(here.test.archive);
    expect(await executed(planId, {})).toMatchObject({ isDryRun: true, rejected: { studies: 1 } });
    expect(await here.isShown(study)).toBe(true);
    const done = await executed(planId, { dryRun: false, studiesPerSecond: 100 });
    const certificates = done['certificates'] as { id: string }[];
    expect(done).toMatchObject({ purged: { studies: 1 }, isEnded: true });
    expect(await here.keysOf(study)).toEqual([]);
    const listed = await call('GET', `/plans/${planId}/certificates`);
    expect(JSON.parse(listed.text)).toEqual({ certificates });
    const file = await call('GET', `/certificates/${certificates[0]?.id}`);
    const key = await call('GET', '/signing-key');
    const verified = verifyCertificate(file.text, publicKeyOf(Buffer.from(key.text)));
    expect(verified).toMatchObject({
      isTrustedKey: true,
      statement: {
        plan: { planId, plannedBy: 'planner', approvedBy: 'approver' },
        studies: [{ studyInstanceUid: study, executedBy: 'single-user', rule: 'all', objects: 2 }],
        replica: 'none',
        backupsExpireOn: new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10),
      },
    });
    expect((await call('POST', `/plans/${planId}/certificates`)).text).toBe('{"certificates":[]}');
  });

  it('moves to the cold tier what the schedule transfers, and deletes nothing', async () => {
    const study = await here.newStudy();
    // Compaction is off here: nothing waits for it.
    await here.rows('update segment set compact_due = null');
    const transfer = ONE_YEAR.replace('schedule: one-year', 'schedule: transfers').replace(
      'destroy',
      'transfer',
    );
    await adopt(here.test.archive, transfer);
    const { planId } = await approvedPlan(here.test.archive);
    expect(await executed(planId, { dryRun: false })).toMatchObject({
      transferred: { studies: 1 },
      isEnded: true,
      certificates: [],
    });
    expect(await here.isShown(study)).toBe(true);
    expect(await here.itemOf(study)).toEqual({ state: 'transferred', outcome: null });
    const tiers = await here.rows(`select distinct tier from segment where state = 'live'`);
    expect(tiers).toEqual([{ tier: 'cold' }]);
  });
});
