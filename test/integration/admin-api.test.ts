/** The admin API as the console will use it: roles, facilities, and answers that say why. */
import { createFacility } from '@sandyq/database';
import { makeApiKey } from '@sandyq/index';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storeOne } from '../support/dicomweb.ts';
import { type MadeAttributes, makeNativeImage } from '../support/made-instances.ts';
import { requestReconcile } from '../support/requested-reconcile.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

type Headers = Record<string, string>;

let archive: TestArchive;
let administrator: Headers;
let cityAdministrator: Headers;
let radiologist: Headers;
let cityScanner: Headers;
let otherScanner: Headers;

beforeAll(async () => {
  archive = await startArchive({ environment: { SANDYQ_AUTH: 'keys', SANDYQ_KEY_CACHE_SECONDS: '0' } });
  const { database } = archive.archive;
  const keyOf = async (input: Parameters<typeof makeApiKey>[1]): Promise<Headers> => ({
    Authorization: `Bearer ${(await makeApiKey(database, input, 'test')).key}`,
  });
  administrator = await keyOf({ roles: ['administrator'] });
  radiologist = await keyOf({ roles: ['radiologist'] });
  for (const code of ['city', 'other']) {
    await database.inTransaction((client) => createFacility(client, { code, name: code }, 'test'));
  }
  cityAdministrator = await keyOf({ roles: ['administrator'], facility: 'city' });
  cityScanner = await keyOf({ roles: ['scanner'], facility: 'city' });
  otherScanner = await keyOf({ roles: ['scanner'], facility: 'other' });
});

afterAll(() => archive?.stop());

async function call(method: string, path: string, options: { headers?: Headers; body?: unknown } = {}) {
  const { headers = administrator, body } = options;
  const answer = await fetch(`${archive.url}/admin${path}`, {
    method,
    headers: { ...headers, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    json: (text === '' ? undefined : JSON.parse(text)) as Record<string, unknown>,
  };
}

const get = (path: string, headers?: Headers) => call('GET', path, headers === undefined ? {} : { headers });

function image(study: string, number: number, attributes: MadeAttributes = {}, pixel = number): Buffer {
  return makeNativeImage(
    { studyInstanceUid: study, seriesInstanceUid: `${study}.1`, sopInstanceUid: `${study}.1.${number}` },
    { rows: 8, columns: 8, pixels: Buffer.alloc(128, pixel) },
    attributes,
  ).bytes;
}

const ids = (json: Record<string, unknown>, list: string) =>
  (json[list] as { id: number }[]).map(({ id }) => id);

describe('facilities, issuers and devices', () => {
  it('are made and listed', async () => {
    const facility = {
      code: 'north',
      name: 'Солтүстік аурухана',
      assumedCharacterSet: 'cp1251',
      patientIssuer: 'IIN',
    };
    const made = await call('POST', '/facilities', { body: facility });
    expect(made).toEqual({
      status: 201,
      json: { ...facility, assumedCharacterSet: 'windows-1251', accessionIssuer: 'north' },
    });
    const { json } = await get('/facilities');
    expect(json['facilities']).toContainEqual(made.json);
    expect(await call('POST', '/facilities', { body: facility })).toMatchObject({
      status: 409,
      json: { error: 'conflict', message: 'There is a facility of this code already.' },
    });

    const issuer = { localNamespace: 'RRN', universalId: '1.2.410', universalIdType: 'ISO' };
    expect(await call('POST', '/issuers', { body: issuer })).toEqual({ status: 201, json: issuer });
    expect((await get('/issuers')).json['issuers']).toContainEqual(issuer);

    const device = { facility: 'north', code: 'us-1', modality: 'US', quarantineQuotaBytes: 1_000 };
    expect(await call('POST', '/devices', { body: device })).toEqual({
      status: 201,
      json: { ...device, origin: 'local' },
    });
    expect((await get('/devices')).json['devices']).toContainEqual({ ...device, origin: 'local' });
    expect(await get('/devices/us-1/check')).toEqual({
      status: 200,
      json: {
        device: 'us-1',
        clockSamples: 0,
        characterSetAlarms: { last30Days: 0, total: 0 },
        quarantine: { entries: 0, bytes: 0, quotaBytes: 1_000 },
        openIdentityConflicts: 0,
        openProposedCorrections: 0,
      },
    });
    expect((await get('/devices/none/check')).status).toBe(404);
  });

  it.each([
    ['/facilities', { code: 'a b', name: '' }, /code must be 1 to 64 .*name must be/],
    ['/facilities', { code: 'x', name: 'x', colour: 'red' }, /colour/],
    ['/facilities', 'x', /expected object/],
    ['/issuers', { localNamespace: 'x', universalId: '1' }, /go together/],
    ['/devices', { facility: 'city', code: 'x', origin: 'stolen' }, /origin/],
    ['/devices', { facility: 'city', code: 'x', assumedCharacterSet: 'klingon' }, /KZ-1048/],
    ['/api-keys', { roles: [] }, /roles/],
    ['/api-keys', { roles: ['scanner'] }, /needs a facility or a device/],
  ])('POST %s %j is refused with every fault', async (path, body, message) => {
    const { status, json } = await call('POST', path, { body });
    expect(status).toBe(400);
    expect(json['message']).toMatch(message);
  });

  it('of an unknown facility are refused', async () => {
    expect(await call('POST', '/devices', { body: { facility: 'none', code: 'x' } })).toMatchObject({
      status: 404,
      json: { message: 'There is no facility none.' },
    });
  });
});

describe('API keys', () => {
  it('are shown once, work, and end', async () => {
    const { status, json } = await call('POST', '/api-keys', {
      body: { roles: ['scanner'], facility: 'city' },
    });
    expect(status).toBe(201);
    expect(json).toMatchObject({ name: 'scanner city', roles: ['scanner'], facility: 'city' });
    const key = String(json['key']);
    const headers = { Authorization: `Bearer ${key}` };
    expect(await storeOne(archive.url, image('2.12.1', 1), { headers })).toMatchObject({ kind: 'stored' });

    const listed = await get('/api-keys');
    expect(JSON.stringify(listed.json)).not.toContain(key.split('_')[2]);
    expect(listed.json['apiKeys']).toContainEqual(
      expect.objectContaining({ id: json['id'], createdBy: expect.any(String) }),
    );
    expect(await call('DELETE', `/api-keys/${String(json['id'])}`)).toEqual({ status: 204, json: undefined });
    const refused = await fetch(`${archive.url}/dicom-web/studies`, { method: 'POST', headers, body: 'x' });
    expect(refused.status).toBe(401);
    expect((await call('DELETE', '/api-keys/none')).status).toBe(404);
  });
});

describe('an administrator of one facility', () => {
  it('sees and decides only what belongs to it', async () => {
    const torn = image('2.12.2', 1).subarray(0, 600);
    await storeOne(archive.url, torn, { headers: cityScanner });
    await storeOne(archive.url, torn, { headers: otherScanner });
    const [foreignId = 0, ownId = 0] = ids((await get('/quarantine')).json, 'entries');
    expect((await get('/quarantine', cityAdministrator)).json).toMatchObject({
      entries: [{ id: ownId, facility: 'city', reason: 'truncated' }],
    });
    expect((await get(`/quarantine/${foreignId}`, cityAdministrator)).status).toBe(404);
    expect((await get(`/quarantine/${foreignId}/bytes`, cityAdministrator)).status).toBe(404);
    const headers = cityAdministrator;
    expect((await call('POST', `/quarantine/${foreignId}/discard`, { headers })).status).toBe(404);
    expect((await get('/quarantine?facility=other', headers)).status).toBe(403);
    expect((await call('POST', `/quarantine/${ownId}/discard`, { headers })).status).toBe(200);
    expect((await get(`/quarantine/${foreignId}`)).json).toMatchObject({ state: 'open' });
  });

  it('makes devices and keys of its own facility only, and no facilities', async () => {
    const headers = cityAdministrator;
    const device = (facility: string, code: string) =>
      call('POST', '/devices', { headers, body: { facility, code } });
    expect((await device('city', 'city-ct')).status).toBe(201);
    expect((await device('other', 'other-ct')).status).toBe(403);
    expect((await get('/devices', headers)).json).toMatchObject({ devices: [{ code: 'city-ct' }] });
    expect((await get('/facilities', headers)).json).toMatchObject({ facilities: [{ code: 'city' }] });
    const key = (body: object) => call('POST', '/api-keys', { headers, body });
    expect((await key({ roles: ['radiologist'] })).status).toBe(403);
    expect((await key({ roles: ['scanner'], facility: 'other' })).status).toBe(403);
    expect((await key({ roles: ['scanner'], device: 'city-ct' })).status).toBe(201);
    expect((await call('POST', '/facilities', { headers, body: { code: 'x', name: 'x' } })).status).toBe(403);
    expect((await call('POST', '/reconcile', { headers })).status).toBe(403);
    const keys = (await get('/api-keys', headers)).json['apiKeys'] as { facility: string }[];
    expect(new Set(keys.map(({ facility }) => facility))).toEqual(new Set(['city']));
  });
});

describe('lists', () => {
  it('go on where the page before ended', async () => {
    for (const length of [700, 710, 720]) {
      await storeOne(archive.url, image('2.12.3', 1).subarray(0, length), { headers: otherScanner });
    }
    const first = await get('/quarantine?facility=other&reason=truncated&limit=2');
    expect(ids(first.json, 'entries')).toHaveLength(2);
    const second = await get(
      `/quarantine?facility=other&reason=truncated&limit=2&before=${String(first.json['next'])}`,
    );
    const all = [...ids(first.json, 'entries'), ...ids(second.json, 'entries')];
    expect(all).toEqual([...all].sort((a, b) => b - a));
    expect(new Set(all).size).toBe(4);
    expect(await get('/quarantine?state=discarded')).toMatchObject({
      json: { entries: [{ state: 'discarded' }] },
    });
    for (const wrong of ['limit=0', 'before=x', 'state=odd']) {
      expect((await get(`/quarantine?${wrong}`)).status, wrong).toBe(400);
    }
    expect((await get('/quarantine?device=none')).status).toBe(404);
  });

  it('of identity conflicts and proposed corrections say what is held and why', async () => {
    await storeOne(archive.url, image('2.12.4', 1, { patientId: 'A' }), { headers: cityScanner });
    await storeOne(archive.url, image('2.12.4', 2, { patientId: 'B' }), { headers: cityScanner });
    await storeOne(archive.url, image('2.12.4', 1, { patientId: 'A', patientName: 'Other^Name' }), {
      headers: cityScanner,
    });
    const conflicts = await get('/identity-conflicts', cityAdministrator);
    expect(conflicts.json).toMatchObject({
      conflicts: [
        {
          sopInstanceUid: '2.12.4.1.2',
          instancePatient: { patientId: 'B' },
          studyPatient: { patientId: 'A' },
        },
      ],
    });
    const [conflict = 0] = ids(conflicts.json, 'conflicts');
    expect((await get(`/identity-conflicts/${conflict}`)).json).toMatchObject({
      id: conflict,
      facility: 'city',
    });

    const corrections = await get('/proposed-corrections?facility=city');
    expect(corrections.json).toMatchObject({
      corrections: [{ sopInstanceUid: '2.12.4.1.1', state: 'open' }],
    });
    const [correction = 0] = ids(corrections.json, 'corrections');
    expect((await get(`/proposed-corrections/${correction}`)).status).toBe(200);
    expect(await call('POST', `/proposed-corrections/${correction}/discard`)).toEqual({
      status: 200,
      json: { id: correction, state: 'discarded' },
    });
    expect((await call('POST', `/proposed-corrections/${correction}/discard`)).status).toBe(409);
    expect((await get('/proposed-corrections')).json['corrections']).toEqual([]);
    expect((await get('/proposed-corrections?decided=true')).json['corrections']).toHaveLength(1);
  });
});

describe('every route', () => {
  it('is for administrators, and what shows patients is on record', async () => {
    for (const path of [
      '/quarantine',
      '/identity-conflicts',
      '/proposed-corrections',
      '/devices',
      '/api-keys',
    ]) {
      expect((await get(path, radiologist)).status, path).toBe(403);
      expect((await get(path, {})).status, path).toBe(401);
    }
    const audited = await archive.archive.database.query<{ allowed: boolean }>({
      text: `select distinct allowed from audit_event where action = 'manage-quarantine' order by allowed`,
    });
    expect(audited.rows).toEqual([{ allowed: false }, { allowed: true }]);
    const unaudited = await archive.archive.database.query({
      text: `select from audit_event where action = 'administer'`,
    });
    expect(unaudited.rowCount).toBe(0);
  });

  it('of reconcile compares store and index, and a dry run changes nothing', async () => {
    const { rows } = await archive.archive.database.query({ text: 'select from segment limit 1' });
    expect(rows).toHaveLength(1);
    for (const dryRun of [true, false]) {
      const ended = await requestReconcile(archive.url, { dryRun, headers: administrator });
      expect(ended).toMatchObject({ state: 'done', dryRun, unknown: 0, replayed: 0, damaged: [] });
    }
    const asked = await call('POST', '/reconcile');
    expect(asked).toMatchObject({ status: 202, json: { dryRun: true, state: 'waiting' } });
    expect((await get('/reconcile')).json).toMatchObject({ index: { isCaughtUp: true } });
    expect((await call('POST', '/reconcile?dryRun=perhaps')).status).toBe(400);
  });
});
