/** From a schedule to an approved plan: over HTTP and at the command line, by people with keys and in single-user mode. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createFacility } from '@sandyq/database';
import { Tags } from '@sandyq/dicom';
import { readBatch } from '@sandyq/indexing';
import { type JournalLine, journalPrefix } from '@sandyq/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKey } from '../support/api-keys.ts';
import { mustStore } from '../support/dicomweb.ts';
import { rawInstance } from '../support/raw-instance.ts';
import { askAndFollow } from '../support/requested-work.ts';
import { runScript } from '../support/run-script.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

const studyOf = (number: number) => `2.25.41.${number}`;

/** An adult's CT of that day. */
function ct(number: number, studyDate: string): Buffer {
  const studyInstanceUid = studyOf(number);
  const ids = {
    studyInstanceUid,
    seriesInstanceUid: `${studyInstanceUid}.1`,
    sopInstanceUid: `${studyInstanceUid}.1.1`,
  };
  return rawInstance(ids, [
    [Tags.StudyDate, 'DA', studyDate],
    [Tags.Modality, 'CS', 'CT'],
    [Tags.PatientName, 'PN', `Name${number}`],
    [Tags.PatientID, 'LO', `P${number}`],
    [Tags.PatientBirthDate, 'DA', '19700101'],
  ]);
}

type Json = Record<string, unknown>;

interface Answered {
  readonly status: number;
  readonly json: Json;
}

async function call(
  test: TestArchive,
  key: string | undefined,
  method: string,
  where: string,
  body?: object,
): Promise<Answered> {
  const response = await fetch(`${test.url}/admin/retention${where}`, {
    method,
    headers: {
      'Content-Type': 'application/json',
      ...(key !== undefined && { Authorization: `Bearer ${key}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: (await response.json()) as Json };
}

describe('people with keys', () => {
  let test: TestArchive;
  let folder: string;
  const keys: Record<string, string> = {};
  const as = (who: string, method: string, where: string, body?: object) =>
    call(test, keys[who], method, where, body);
  /** The result of what is done in the background. */
  const whenDone = async (who: string, where: string, body: object) => {
    const headers = { Authorization: `Bearer ${keys[who]}` };
    const ended = await askAndFollow(test.url, `/admin/retention${where}`, { body, headers });
    return ended['result'] as Json;
  };
  const retention = (who: string | undefined, ...args: string[]) =>
    runScript('retention.ts', who === undefined ? args : [...args, '--key-file', path.join(folder, who)], {
      DATABASE_URL: test.testDatabase.connectionString,
      SANDYQ_DATA: test.settings.dataFolder,
      SANDYQ_AUTH: 'keys',
    });

  beforeAll(async () => {
    test = await startArchive({ environment: { SANDYQ_AUTH: 'keys', SANDYQ_KEY_CACHE_SECONDS: '0' } });
    folder = await mkdtemp(path.join(tmpdir(), 'sandyq-keys-'));
    const { database } = test.archive;
    await createFacility(database, { code: 'north', name: 'North' }, 'test');
    keys['scanner'] = await createKey(database, { roles: ['scanner'], facilityCode: 'north' });
    for (const name of ['alice', 'bob']) keys[name] = await createKey(database, { roles: ['manager'] });
    keys['radiologist'] = await createKey(database, { roles: ['radiologist'] });
    keys['confined'] = await createKey(database, { roles: ['manager'], facilityCode: 'north' });
    for (const [name, key] of Object.entries(keys)) await writeFile(path.join(folder, name), `${key}\n`);
    for (const [number, date] of [
      [1, '20100615'],
      [2, '20110615'],
      [3, '20240615'],
    ] as const) {
      await mustStore(test.url, ct(number, date), { Authorization: `Bearer ${keys['scanner']}` });
    }
  });
  afterAll(async () => {
    await test?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function journalled(kind: string): Promise<JournalLine[]> {
    const { store } = test.archive;
    const lines: JournalLine[] = [];
    for await (const { key } of store.list(journalPrefix))
      lines.push(...(await readBatch(store, key)).batch.lines);
    return lines.filter((line) => line.kind === kind);
  }

  it('adopt a schedule that another one proposed', async () => {
    const { json } = await as('alice', 'GET', '/ready-schedules');
    const [text] = (json['schedules'] as Json[])
      .filter(({ schedule }) => schedule === 'kz-2025-draft')
      .map((one) => one['text']);
    expect(await as('alice', 'POST', '/schedules/check', { text })).toMatchObject({ status: 200 });
    expect(await as('alice', 'POST', '/schedules/check', { text: 'rules: []' })).toMatchObject({
      status: 400,
      json: { message: expect.stringContaining("must have required property 'schedule'") },
    });
    expect(await as('alice', 'POST', '/schedules', { text })).toMatchObject({
      status: 201,
      json: { state: 'proposed' },
    });
    expect(await as('bob', 'POST', '/plans', {})).toMatchObject({
      status: 409,
      json: { message: expect.stringContaining('No retention schedule is in force') },
    });
    const adopt = '/schedules/kz-2025-draft/1/adopt';
    for (const [who, status] of [
      ['alice', 409],
      ['radiologist', 403],
      ['confined', 403],
    ] as const) {
      expect(await as(who, 'POST', adopt, {}), who).toMatchObject({ status });
    }
    expect(await as('bob', 'POST', adopt, {})).toMatchObject({ status: 200, json: { state: 'adopted' } });
    expect(await journalled('schedule-adopted')).toMatchObject([
      { fact: { schedule: 'kz-2025-draft', text } },
    ]);
    expect((await as('bob', 'GET', '/schedules')).json).toMatchObject({
      schedules: [{ schedule: 'kz-2025-draft', version: 1, isInForce: true }],
    });
    for (const missing of ['/schedules/kz-2025-draft/x', '/studies/1.2.3', '/studies/1.2?schedule=atlantis'])
      expect(await as('bob', 'GET', missing), missing).toMatchObject({ status: 404 });
  });

  it('ask what it means, for all and for one study', async () => {
    expect(await whenDone('bob', '/what-if', {})).toMatchObject({
      schedule: 'kz-2025-draft',
      total: { studies: 3, instances: 3 },
      verdicts: [
        { verdict: 'destroy', studies: 2 },
        { verdict: 'keep', studies: 1 },
      ],
    });
    expect((await as('bob', 'GET', `/studies/${studyOf(3)}`)).json).toMatchObject({
      judged: { verdict: 'keep', earliestDisposition: '2034-06-16', decidedBy: 'adult' },
    });
    const words = await retention('bob', 'explain', studyOf(3));
    expect(words).toMatchObject({ code: 0, stdout: expect.stringMatching(/may go from +2034-06-16/) });
    expect(await whenDone('bob', '/what-if', { schedule: 'us-federal' })).toMatchObject({
      schedule: 'us-federal',
      changes: [{ from: 'destroy', to: 'review', studies: 2 }],
    });
  });

  it('approve a plan that another one made, by its digest, at the command line', async () => {
    const made = await whenDone('alice', '/plans', { validDays: 30 });
    expect(made).toMatchObject({ looked: 3, leftOut: { kept: 1 }, plan: { studies: 2 } });
    const { id, sha256 } = made['plan'] as { id: string; sha256: string };
    const where = `/plans/${id}`;
    expect((await as('bob', 'GET', `${where}/items?limit=1`)).json).toMatchObject({
      items: [{ ordinal: 1, rule: 'adult', action: 'destroy', state: 'planned' }],
      next: 1,
    });
    expect(await as('bob', 'POST', `${where}/approve`, { sha256: '0'.repeat(64) })).toMatchObject({
      status: 409,
    });
    expect(await as('alice', 'POST', `${where}/approve`, { sha256 })).toMatchObject({ status: 409 });
    expect(await retention('bob', 'approve', id, '--digest', sha256)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Nothing was done'),
    });
    expect(await retention(undefined, 'approve', id, '--digest', sha256, '--execute')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('an operator with an API key'),
    });
    expect(await retention('confined', 'approve', id, '--digest', sha256, '--execute')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('confined to a facility'),
    });
    expect(await journalled('plan-approved')).toEqual([]);
    expect(await retention('bob', 'approve', id, '--digest', sha256, '--execute')).toMatchObject({ code: 0 });
    expect(await journalled('plan-approved')).toMatchObject([{ fact: { planId: id, sha256 } }]);
    expect((await as('alice', 'GET', where)).json).toMatchObject({
      state: 'approved',
      progress: [{ state: 'planned', action: 'destroy', studies: 2 }],
    });
    expect((await as('alice', 'GET', `/studies/${studyOf(1)}`)).json).toMatchObject({
      plans: [{ planId: id, planState: 'approved', itemState: 'planned' }],
    });
  });

  it('read it as a report, and withdraw it', async () => {
    const { plans } = (await as('bob', 'GET', '/plans?state=approved')).json as { plans: { id: string }[] };
    const id = plans[0]?.id ?? '';
    const report = await fetch(`${test.url}/admin/retention/plans/${id}/report`, {
      headers: { Authorization: `Bearer ${keys['bob']}` },
    });
    expect(report.headers.get('Content-Type')).toBe('text/csv; charset=utf-8; header=present');
    const rows = (await report.text()).split('\r\n').map((line) => line.split(',').slice(0, 3));
    expect(rows).toEqual([
      ['ordinal', 'studyInstanceUid', 'facility'],
      ['1', studyOf(1), 'north'],
      ['2', studyOf(2), 'north'],
      [''],
    ]);
    const json = (await as('bob', 'GET', `/plans/${id}/report?format=json`)).json;
    expect(json).toMatchObject({ plan: { id }, items: [{ ordinal: 1 }, { ordinal: 2 }] });
    const file = path.join(folder, 'report.html');
    expect(await retention('bob', 'report', id, '--format', 'html', '--output', file)).toMatchObject({
      code: 0,
    });
    expect(await readFile(file, 'utf8')).toContain(`<td>${studyOf(2)}</td>`);
    expect(await as('bob', 'GET', `/plans/${id}/report?format=pdf`)).toMatchObject({ status: 400 });
    expect(await retention('bob', 'withdraw', id, '--execute')).toMatchObject({ code: 0 });
    expect(await as('alice', 'POST', `/plans/${id}/withdraw`, {})).toMatchObject({ status: 409 });
    expect(await journalled('plan-withdrawn')).toMatchObject([{ fact: { planId: id } }]);
  });

  it.each([
    [['show', 'nonsense'], 1, 'There is no plan nonsense.'],
    [['schedule', 'show', 'kz'], 2, 'write NAME@VERSION'],
    [['plan', '--kind', 'all'], 2, 'Allowed choices are'],
  ])('are told what is wrong with %j', async (args, code, reason) => {
    expect(await retention(undefined, ...args)).toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringContaining(reason),
    });
  });
});

describe('in single-user mode', () => {
  let test: TestArchive;
  beforeAll(async () => {
    test = await startArchive();
  });
  afterAll(() => test?.stop());

  it('what needs two people needs an operator with a key', async () => {
    const { database } = test.archive;
    const operator = await createKey(database, { roles: ['administrator'] });
    const radiologist = await createKey(database, { roles: ['radiologist'] });
    const { json } = await call(test, undefined, 'GET', '/ready-schedules');
    const [{ text } = {}] = json['schedules'] as Json[];
    expect(await call(test, undefined, 'POST', '/schedules', { text })).toMatchObject({
      json: { proposedBy: 'single-user' },
    });
    const adopt = '/schedules/fr-csp-r1112-7/1/adopt';
    expect(await call(test, undefined, 'POST', adopt, {})).toMatchObject({ status: 403 });
    expect(await call(test, radiologist, 'POST', adopt, {})).toMatchObject({ status: 403 });
    expect(await call(test, `${operator.slice(0, -2)}aa`, 'POST', adopt, {})).toMatchObject({ status: 403 });
    expect(await call(test, operator, 'POST', adopt, {})).toMatchObject({
      status: 200,
      json: { adoptedBy: operator.split('_')[1] },
    });
  });
});
