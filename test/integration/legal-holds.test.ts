/** Legal holds of a running archive: placed by one person, released by another, in the journal before they are reported. */
import { createHash, randomUUID } from 'node:crypto';
import { createFacility, facilityByCode, recordQuarantine } from '@sandyq/database';
import { Tags } from '@sandyq/dicom';
import { readBatch } from '@sandyq/indexing';
import { type JournalLine, journalPrefix } from '@sandyq/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKey } from '../support/api-keys.ts';
import { mustStore } from '../support/dicomweb.ts';
import { rawInstance } from '../support/raw-instance.ts';
import { runScript, type ScriptResult } from '../support/run-script.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

let test: TestArchive;
const keys: Record<string, string> = {};

const studyOf = (number: number) => `2.25.37.${number}`;

async function storeStudy(number: number, patientId: string, facility = 'north'): Promise<void> {
  const studyInstanceUid = studyOf(number);
  const ids = {
    studyInstanceUid,
    seriesInstanceUid: `${studyInstanceUid}.1`,
    sopInstanceUid: `${studyInstanceUid}.1.1`,
  };
  const bytes = rawInstance(ids, [
    [Tags.PatientID, 'LO', patientId],
    [Tags.PatientName, 'PN', `Name^${patientId}`],
    [Tags.Modality, 'CS', 'CT'],
  ]);
  await mustStore(test.url, bytes, { Authorization: `Bearer ${keys[facility]}` });
}

beforeAll(async () => {
  test = await startArchive({ environment: { SANDYQ_AUTH: 'keys', SANDYQ_KEY_CACHE_SECONDS: '0' } });
  const { database } = test.archive;
  for (const code of ['north', 'south']) {
    await createFacility(database, { code, name: code }, 'test');
    keys[code] = await createKey(database, { roles: ['scanner'], facilityCode: code });
  }
  for (const name of ['alice', 'bob']) keys[name] = await createKey(database, { roles: ['manager'] });
  keys['administrator'] = await createKey(database, { roles: ['administrator'] });
  keys['radiologist'] = await createKey(database, { roles: ['radiologist'] });
  keys['confined'] = await createKey(database, { roles: ['manager'], facilityCode: 'north' });
  await storeStudy(1, 'P1');
  await storeStudy(2, 'P2');
  await storeStudy(3, 'P1', 'south');
});
afterAll(() => test?.stop());

interface Answered {
  readonly status: number;
  readonly json: Record<string, unknown>;
}

async function call(who: string, method: string, path: string, body?: object): Promise<Answered> {
  const response = await fetch(`${test.url}/admin/retention/holds${path}`, {
    method,
    headers: { Authorization: `Bearer ${keys[who]}`, 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

const order = {
  reason: 'complaint 17',
  authority: 'the court of the city',
  owner: 'legal department',
  reviewOn: '2090-01-31',
};

async function place(scope: object, who = 'alice'): Promise<string> {
  const { status, json } = await call(who, 'POST', '', { ...order, ...scope });
  expect(status).toBe(201);
  return String(json['id']);
}

async function release(who: string, id: string): Promise<Answered> {
  return call(who, 'POST', `/${id}/release`, { reason: 'closed' });
}

async function boundBy(id: string): Promise<unknown> {
  return (await call('bob', 'GET', `/${id}/studies`)).json;
}

async function journalled(): Promise<JournalLine[]> {
  const { store } = test.archive;
  const lines: JournalLine[] = [];
  for await (const { key } of store.list(journalPrefix))
    lines.push(...(await readBatch(store, key)).batch.lines);
  return lines;
}

describe('a hold', () => {
  it('on listed studies is in the journal of the store when it is answered, and so is its release', async () => {
    const studies = [studyOf(2), studyOf(9)];
    const placed = await call('alice', 'POST', '', { ...order, studies: [...studies].reverse() });
    expect(placed).toMatchObject({ status: 201, json: { ...order, studies, state: 'in force' } });
    const id = String(placed.json['id']);
    expect((await journalled()).at(-1)).toMatchObject({
      kind: 'hold-placed',
      fact: { legalHoldId: id, ...order, studyInstanceUids: studies },
    });
    expect(await boundBy(id)).toEqual({
      counts: { studies: 1, undecided: 0, absent: 1 },
      studies: [{ studyInstanceUid: studyOf(2), facility: 'north', binds: 'yes' }],
    });
    expect((await call('bob', 'GET', '')).json).toMatchObject({ holds: [{ id }] });
    expect(await release('bob', id)).toMatchObject({
      status: 200,
      json: { id, state: 'released', releaseReason: 'closed' },
    });
    expect((await journalled()).at(-1)).toMatchObject({
      kind: 'hold-released',
      fact: { legalHoldId: id, reason: 'closed' },
    });
    expect((await call('bob', 'GET', '')).json).toEqual({ holds: [] });
    expect((await call('bob', 'GET', '?released=true')).json).toMatchObject({ holds: [{ id }] });
  });

  it('on a query binds what meets it, and what comes later', async () => {
    const condition = 'patient: [{ issuer: north, id: P1 }]';
    const wanted = {
      counts: { studies: 1, undecided: 0, absent: 0 },
      studies: [{ studyInstanceUid: studyOf(1) }],
    };
    expect((await call('alice', 'POST', '/survey', { condition })).json).toMatchObject(wanted);
    const id = await place({ condition });
    expect(await boundBy(id)).toMatchObject(wanted);
    await storeStudy(4, 'P1');
    expect(await boundBy(id)).toMatchObject({
      counts: { studies: 2 },
      studies: [{ studyInstanceUid: studyOf(1) }, { studyInstanceUid: studyOf(4) }],
    });
    expect((await release('bob', id)).status).toBe(200);
  });

  it('binds what it may mean: nobody has said in which region a facility lies', async () => {
    const { json } = await call('alice', 'POST', '/survey', { condition: 'region: [coast]' });
    expect(json).toMatchObject({ studies: [{ binds: 'unknown' }, { binds: 'unknown' }, {}, {}] });
    expect(json['counts']).toEqual({ studies: 4, undecided: 4, absent: 0 });
  });

  it('is released by another person than placed it, once', async () => {
    const id = await place({ studies: [studyOf(1)] });
    expect(await release('alice', id)).toMatchObject({ status: 403 });
    expect((await call('alice', 'GET', `/${id}`)).json).toMatchObject({ state: 'in force' });
    expect((await release('bob', id)).status).toBe(200);
    expect((await release('bob', id)).status).toBe(409);
    expect((await release('bob', 'none')).status).toBe(404);
  });

  it('is nothing for those who may not manage retention everywhere', async () => {
    for (const who of ['radiologist', 'confined', 'north'])
      expect((await call(who, 'POST', '', { ...order, studies: [studyOf(1)] })).status).toBe(403);
    expect((await call('bob', 'GET', '')).json).toEqual({ holds: [] });
  });

  it.each<[string, object]>([
    ['neither studies nor a condition', {}],
    ['both', { studies: ['2.25.1'], condition: 'facility: [north]' }],
    ['no studies', { studies: [] }],
    ['what is no UID', { studies: ['2.25.1', 'a study'] }],
    ['a condition that says nothing known', { condition: 'colour: [red]' }],
    ['a day that there is not', { studies: ['2.25.1'], reviewOn: '2090-02-30' }],
    ['a review that is past', { studies: ['2.25.1'], reviewOn: '2020-02-01' }],
    ['no reason', { studies: ['2.25.1'], reason: ' ' }],
    ['a member that there is not', { studies: ['2.25.1'], until: '2090-01-01' }],
  ])('is refused for %s', async (_what, said) => {
    expect(await call('alice', 'POST', '', { ...order, ...said })).toMatchObject({ status: 400 });
    expect((await call('bob', 'GET', '')).json).toEqual({ holds: [] });
  });
});

describe('what is in quarantine', () => {
  const discard = (id: number) =>
    fetch(`${test.url}/admin/quarantine/${id}/discard`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${keys['administrator']}` },
    });

  async function quarantined(studyInstanceUid: string): Promise<number> {
    const { database } = test.archive;
    const { facilityId } = await facilityByCode(database, 'south');
    const bytes = Buffer.from(`no data set ${studyInstanceUid}`);
    const sha256 = createHash('sha256').update(bytes).digest();
    const objectKey = `quarantine/${sha256.toString('hex').slice(0, 2)}/${randomUUID()}`;
    await test.archive.store.putBytes(objectKey, bytes);
    const { quarantineId } = await database.inTransaction((client) =>
      recordQuarantine(client, {
        sha256,
        reason: 'truncated',
        message: 'the data set ends at byte 10',
        facilityId,
        deviceId: undefined,
        principalId: 'test',
        objectKey,
        entryOffset: 0,
        entryLength: bytes.length,
        crc32: undefined,
        segmentId: undefined,
        studyInstanceUid,
        seriesInstanceUid: undefined,
        sopInstanceUid: undefined,
        receivedAt: new Date(),
      }),
    );
    return quarantineId;
  }

  it.each<[string, string, object]>([
    ['of a listed study', studyOf(3), { studies: [studyOf(3)] }],
    ['of a study that a query binds', studyOf(3), { condition: 'modality: [CT]' }],
    ['of a listed study that has not come', studyOf(8), { studies: [studyOf(8)] }],
    ['of a facility that a query binds', studyOf(8), { condition: 'facility: [south]' }],
  ])('is not discarded: %s', async (_what, study, scope) => {
    const quarantineId = await quarantined(study);
    const id = await place(scope);
    const refused = await discard(quarantineId);
    expect(refused.status).toBe(409);
    expect(await refused.text()).toContain(id);
    await release('bob', id);
    expect((await discard(quarantineId)).status).toBe(200);
  });

  it('is discarded where a hold means others', async () => {
    const id = await place({ condition: 'facility: [north]' });
    expect((await discard(await quarantined(studyOf(3)))).status).toBe(200);
    expect((await discard(await quarantined(studyOf(8)))).status).toBe(200);
    await release('bob', id);
  });
});

describe('npm run retention -- holds', () => {
  const holds = (args: readonly string[], key?: string): Promise<ScriptResult> =>
    runScript('retention.ts', ['holds', ...args], {
      DATABASE_URL: test.testDatabase.connectionString,
      SANDYQ_DATA: test.settings.dataFolder,
      ...(key !== undefined && { SANDYQ_OPERATOR_KEY: key }),
    });

  it('places one, and releases it in the name of an operator only, when told to', async () => {
    const said = [
      '--reason',
      'fire',
      '--authority',
      'ministry',
      '--owner',
      'registry',
      '--review-on',
      '2090-01-31',
    ];
    const query = ['--where', 'facility: [north]'];
    const placed = await holds(['place', ...said, ...query, '--json']);
    expect(placed.code).toBe(0);
    const { id } = JSON.parse(placed.stdout) as { id: string };
    const withoutKey = await holds(['release', id, '--reason', 'over', '--execute']);
    expect(withoutKey).toMatchObject({ code: 1 });
    expect(withoutKey.stderr).toContain('API key');
    const described = await holds(['release', id, '--reason', 'over'], keys['bob']);
    expect(described.code).toBe(1);
    expect(described.stdout).toContain('It would no longer bind 3 studies');
    expect((await call('bob', 'GET', `/${id}`)).json).toMatchObject({ state: 'in force' });
    const released = await holds(['release', id, '--reason', 'over', '--execute'], keys['bob']);
    expect(released).toMatchObject({ code: 0, stdout: `Hold ${id} is released.\n` });
    expect((await call('bob', 'GET', `/${id}`)).json).toMatchObject({
      state: 'released',
      releaseReason: 'over',
    });
  });
});
