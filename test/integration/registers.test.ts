/** Registers and patient links of a running archive: what they say is in the journal first, and in what is shown next. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFacility, openDatabase } from '@sandyq/database';
import { dropDatabase, makeDatabase } from '@sandyq/database/testing';
import { Tags } from '@sandyq/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKey } from '../support/api-keys.ts';
import { compareIndexes, compareRows } from '../support/compare-indexes.ts';
import { mustStore, storeOne } from '../support/dicomweb.ts';
import { rawInstance } from '../support/raw-instance.ts';
import { RETENTION_ROWS } from '../support/retention-rows.ts';
import { runScript } from '../support/run-script.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

let test: TestArchive;
const keys: Record<string, string> = {};
const studyOf = (number: number) => `2.25.41.${number}`;

/** Of one and the same name and birth date. */
function instanceOf(study: number, number: number, patientId: string): Buffer {
  const studyInstanceUid = studyOf(study);
  const ids = {
    studyInstanceUid,
    seriesInstanceUid: `${studyInstanceUid}.1`,
    sopInstanceUid: `${studyInstanceUid}.1.${number}`,
  };
  return rawInstance(ids, [
    [Tags.PatientID, 'LO', patientId],
    [Tags.PatientName, 'PN', 'Doe^Jane'],
    [Tags.PatientBirthDate, 'DA', '19700101'],
    [Tags.Modality, 'CS', 'CT'],
  ]);
}

const bearer = (who: string) => ({ Authorization: `Bearer ${keys[who]}` });

beforeAll(async () => {
  test = await startArchive({ environment: { SANDYQ_AUTH: 'keys', SANDYQ_KEY_CACHE_SECONDS: '0' } });
  const { database } = test.archive;
  await database.inTransaction((client) => createFacility(client, { code: 'north', name: 'north' }, 'test'));
  keys['north'] = await createKey(database, { roles: ['scanner'], facilityCode: 'north' });
  keys['manager'] = await createKey(database, { roles: ['manager'] });
  keys['radiologist'] = await createKey(database, { roles: ['radiologist'] });
  await mustStore(test.url, instanceOf(1, 1, 'P1'), bearer('north'));
  await mustStore(test.url, instanceOf(2, 1, 'P2'), bearer('north'));
});
afterAll(() => test?.stop());

async function call(method: string, path: string, body?: object, who = 'manager') {
  const response = await fetch(`${test.url}/admin/retention${path}`, {
    method,
    headers: { ...bearer(who), 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

const patient = (patientId: string) => ({ issuer: 'north', patientId });
const fact = { ...patient('P1'), kind: 'diagnosis', class: 'cancer', on: '2013-03-03', source: 'register' };

describe('registers', () => {
  it('take a fact once, and take it back', async () => {
    const made = await call('POST', '/facts', fact);
    expect(made).toMatchObject({ status: 201, json: { isNew: true } });
    expect(await call('POST', '/facts', fact)).toEqual({ status: 200, json: { isNew: false } });
    expect(await call('GET', '/facts?issuer=north&patientId=P1')).toMatchObject({
      status: 200,
      json: { facts: [{ ...fact, id: made.json['id'] }] },
    });
    const withdrawn = `/facts/${String(made.json['id'])}/withdraw`;
    expect((await call('POST', withdrawn)).status).toBe(200);
    expect((await call('POST', withdrawn)).status).toBe(409);
    expect((await call('GET', '/facts?patientId=P1')).json).toEqual({ facts: [] });
  });

  it('refuse what they cannot use, and whoever may not', async () => {
    expect((await call('POST', '/facts', { ...fact, on: '2013-02-29' })).status).toBe(400);
    expect((await call('POST', '/facts', { ...fact, issuer: 'nobody' })).status).toBe(404);
    expect((await call('POST', '/facts', fact, 'radiologist')).status).toBe(403);
    expect((await call('GET', '/facts?after=x')).status).toBe(400);
    expect((await call('POST', '/facilities/nowhere/region', { region: 'x' })).status).toBe(404);
  });

  it('know programmes and regions', async () => {
    const programme = { studyInstanceUid: studyOf(1), programme: 'screening' };
    expect((await call('POST', '/programmes', programme)).status).toBe(201);
    expect((await call('GET', `/programmes?study=${studyOf(1)}`)).json).toMatchObject({
      programmes: [programme],
    });
    expect((await call('POST', '/programmes/withdraw', programme)).status).toBe(200);
    expect(await call('POST', '/facilities/north/region', { region: 'Almaty' })).toEqual({
      status: 200,
      json: { facility: 'north', region: 'Almaty' },
    });
  });

  it('are imported from a file that is right to its end, or not at all; again and again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'registers-'));
    const file = join(folder, 'facts.csv');
    const header = 'issuer,patient_id,kind,on,class,source\n';
    const right = `${header}north,P1,death,2020-01-02,,civil register\nnorth,P3,diagnosis,2019-05-05,cancer,"register, national"\n`;
    const run = () =>
      runScript('retention.ts', ['facts', 'import', file], {
        DATABASE_URL: test.testDatabase.connectionString,
        SANDYQ_DATA: test.settings.dataFolder,
        SANDYQ_OPERATOR_KEY: keys['manager'] ?? '',
      });
    try {
      await writeFile(file, `${right}north,P4,death,2020-13-02,,civil register\n`);
      const refused = await run();
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toContain('Line 4 of the file');
      expect((await call('GET', '/facts')).json).toEqual({ facts: [] });
      await writeFile(file, right);
      expect(await run()).toMatchObject({ code: 0, stdout: '2 rows: 2 registered, 0 known before.\n' });
      expect((await run()).stdout).toContain('2 rows: 0 registered, 2 known before.');
      expect((await call('GET', '/facts?kind=diagnosis')).json).toMatchObject({
        facts: [{ patientId: 'P3', class: 'cancer', source: 'register, national' }],
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('links', () => {
  const decide = (state: string) =>
    call('POST', '/links', { one: patient('P1'), other: patient('P2'), state });
  const found = async (study: number) => {
    const response = await fetch(`${test.url}/dicom-web/studies/${studyOf(study)}/instances`, {
      headers: bearer('radiologist'),
    });
    return response.status === 204 ? 0 : ((await response.json()) as unknown[]).length;
  };

  it('are asked for where two are alike, and show what was held out for want of them', async () => {
    const alike = await call('GET', '/links/candidates');
    expect(alike.json['candidates']).toMatchObject([
      {
        birthDate: '1970-01-01',
        one: { identifiers: [patient('P1')], studyInstanceUid: studyOf(1) },
        other: { identifiers: [patient('P2')], studyInstanceUid: studyOf(2) },
      },
    ]);
    const headers = bearer('north');
    expect(await storeOne(test.url, instanceOf(1, 2, 'P2'), { headers })).toMatchObject({
      reason: 'identity-conflict',
    });
    expect(await found(1)).toBe(1);
    expect(await decide('confirmed')).toMatchObject({
      status: 200,
      json: { instances: { shown: 1, heldAgain: 0 } },
    });
    expect(await found(1)).toBe(2);
    expect((await call('GET', '/links/candidates')).json).toMatchObject({ candidates: [] });
    expect((await decide('refused')).status).toBe(409);
    expect((await call('GET', '/links?state=confirmed')).json).toMatchObject({
      links: [{ one: [patient('P1')], other: [patient('P2')], state: 'confirmed' }],
    });
    expect(await decide('removed')).toMatchObject({ json: { instances: { shown: 0, heldAgain: 1 } } });
    expect(await found(1)).toBe(1);
  });

  it('are of patients that there are', async () => {
    const decision = { one: patient('P1'), other: patient('nobody'), state: 'confirmed' };
    expect((await call('POST', '/links', decision)).status).toBe(404);
    expect((await call('POST', '/links', { ...decision, other: patient('P1') })).status).toBe(409);
    expect((await call('GET', '/links?issuer=north')).status).toBe(400);
    expect((await call('GET', '/links/candidates?after=x')).status).toBe(400);
  });
});

it('what a link has shown is shown by an index that is made anew', async () => {
  const link = { one: patient('P1'), other: patient('P2'), state: 'confirmed' };
  expect((await call('POST', '/links', link)).json).toMatchObject({ instances: { shown: 1 } });
  const anew = await makeDatabase();
  try {
    const environment = { DATABASE_URL: anew, SANDYQ_DATA: test.settings.dataFolder };
    const { code, stderr } = await runScript('rebuild-index.ts', ['--json'], environment);
    expect(code, stderr).toBe(0);
    const database = openDatabase({ connectionString: anew });
    try {
      // Keys of tests are made without a transaction: they are a moment older than their lines.
      const differences = await compareIndexes(test.archive.database, database);
      expect(differences.filter(({ table }) => table !== 'api_key')).toEqual([]);
      expect(await compareRows(test.archive.database, database, RETENTION_ROWS)).toEqual([]);
    } finally {
      await database.close();
    }
  } finally {
    await dropDatabase(anew);
  }
});
