/**
 * Who may do what, end to end with API keys: no key, no access; each role what design §8 gives it; facilities apart; and a row in the
 * audit for each decision.
 */
import type { Role } from '@sandyq/auth';
import { createDevice, createFacility, revokeApiKey } from '@sandyq/database';
import { type DicomJson, Tags } from '@sandyq/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKey } from '../support/api-keys.ts';
import { type DeployedArchive, deployArchive } from '../support/deploy-archive.ts';
import { get, mustStore, originalUrl, storeOne, textOf } from '../support/dicomweb.ts';
import { encodeMultipart } from '../support/multipart.ts';
import { type RawElement, rawInstance } from '../support/raw-instance.ts';

/** Study of Almaty by number; series and instance may be given. */
function ids(study: number, instance = 1) {
  const studyInstanceUid = `2.25.8.${study}`;
  return {
    studyInstanceUid,
    seriesInstanceUid: `${studyInstanceUid}.1`,
    sopInstanceUid: `${studyInstanceUid}.1.${instance}`,
  };
}

function instance(study: number, patientId: string, more: readonly RawElement[] = [], number = 1): Buffer {
  return rawInstance(ids(study, number), [
    [Tags.PatientID, 'LO', patientId],
    [Tags.PatientName, 'PN', `Name^${patientId}`],
    [Tags.Modality, 'CS', 'CT'],
    ...more,
  ]);
}

describe('an archive with API keys', () => {
  let archive: DeployedArchive;
  const keys: Record<string, string> = {};
  /** Of study 1 (Almaty) and study 2 (Astana). */
  const urls: string[] = [];

  const as = (name: string): Record<string, string> => ({ Authorization: `Bearer ${keys[name]}` });
  const at = (path: string): string => `${archive.url}${path}`;
  const status = async (path: string, name: string): Promise<number> =>
    (await get(at(path), as(name))).status;

  beforeAll(async () => {
    archive = await deployArchive({
      topology: 'standalone',
      environment: { SANDYQ_AUTH: 'keys', SANDYQ_KEY_CACHE_SECONDS: '0' },
    });
    const { database } = archive;
    for (const code of ['almaty', 'astana']) await createFacility(database, { code, name: code }, 'test');
    const local = { facilityCode: 'almaty', origin: 'local' } as const;
    await createDevice(database, { ...local, code: 'ct-1' }, 'test');
    await createDevice(
      database,
      { ...local, code: 'us-7', manufacturer: 'Maker', serialNumber: '777' },
      'test',
    );
    const roles: Role[] = ['radiologist', 'administrator', 'auditor', 'manager'];
    for (const role of roles) keys[role] = await createKey(database, { roles: [role] });
    keys['scanner-almaty'] = await createKey(database, { roles: ['scanner'], facilityCode: 'almaty' });
    keys['scanner-astana'] = await createKey(database, { roles: ['scanner'], facilityCode: 'astana' });
    keys['device-almaty'] = await createKey(database, { roles: ['scanner'], deviceCode: 'ct-1' });
    keys['radiologist-almaty'] = await createKey(database, {
      roles: ['radiologist'],
      facilityCode: 'almaty',
    });
    for (const [index, name] of ['scanner-almaty', 'scanner-astana'].entries()) {
      urls.push(await mustStore(archive.url, instance(index + 1, 'P1'), as(name)));
    }
  });
  afterAll(() => archive?.stop());

  /** A path for each kind of resource of the first study. */
  const resources = (): string[] => {
    const path = new URL(urls[0] ?? '').pathname;
    return ['/dicom-web/studies', path, `${path}/metadata`, originalUrl(path), '/admin/changes', '/metrics'];
  };

  it('answers nobody without a valid key: 401, and how to ask', async () => {
    const wrong = [
      undefined,
      'Bearer',
      'Bearer sandyq_x_y',
      `Bearer ${keys['radiologist']?.replace(/.$/, '0')}`,
      'Basic eDp5',
    ];
    for (const authorization of wrong) {
      for (const resource of resources()) {
        const { status, headers, body } = await get(
          at(resource),
          authorization === undefined ? {} : { Authorization: authorization },
        );
        expect([resource, status]).toEqual([resource, 401]);
        expect(headers.get('www-authenticate')).toMatch(/^(Bearer|Basic) /);
        expect(body.toString()).not.toContain('Name^P1');
      }
    }
    const { contentType, body } = encodeMultipart([instance(3, 'P3')]);
    const headers = { 'Content-Type': contentType };
    const answer = await fetch(at('/dicom-web/studies'), {
      method: 'POST',
      headers,
      body: new Uint8Array(body),
    });
    expect(answer.status).toBe(401);
    expect(await status(`/dicom-web/studies/${ids(3).studyInstanceUid}/metadata`, 'radiologist')).toBe(404);
  });

  it('answers anybody that it lives, and nothing else', async () => {
    for (const path of ['/healthz', '/readyz', '/'])
      expect([path, (await get(at(path))).status]).toEqual([path, 200]);
  });

  it('takes a key as a password, too', async () => {
    const basic = Buffer.from(`anyone:${keys['radiologist']}`).toString('base64');
    expect((await get(at('/dicom-web/studies'), { Authorization: `Basic ${basic}` })).status).toBe(200);
  });

  it.each([
    // studies, instance, metadata, original, changes, metrics
    ['scanner-almaty', [403, 403, 403, 403, 403, 403]],
    ['device-almaty', [403, 403, 403, 403, 403, 403]],
    ['radiologist', [200, 200, 200, 200, 403, 403]],
    ['administrator', [200, 403, 403, 403, 200, 200]],
    ['auditor', [403, 403, 403, 403, 200, 200]],
    ['manager', [200, 403, 403, 403, 403, 403]],
  ])('%s reads what the role lets it read', async (name, expected) => {
    const found: number[] = [];
    for (const resource of resources()) found.push(await status(resource, name));
    expect(found).toEqual(expected);
  });

  it.each(['radiologist', 'administrator', 'auditor', 'manager'])('%s stores nothing', async (name) => {
    const { contentType, body } = encodeMultipart([instance(4, 'P4')]);
    const headers = { 'Content-Type': contentType, ...as(name) };
    const answer = await fetch(at('/dicom-web/studies'), {
      method: 'POST',
      headers,
      body: new Uint8Array(body),
    });
    expect(answer.status).toBe(403);
    expect(await status(`/dicom-web/studies/${ids(4).studyInstanceUid}/metadata`, 'radiologist')).toBe(404);
  });

  it('keeps a key of one facility to what the facility owns, as if nothing else were there', async () => {
    const studies = async (name: string) => {
      const { body } = await get(at('/dicom-web/studies'), as(name));
      const found = JSON.parse(body.toString()) as DicomJson[];
      return found.map((study) => textOf(study['0020000D']) ?? '').sort();
    };
    expect(await studies('radiologist')).toEqual([ids(1).studyInstanceUid, ids(2).studyInstanceUid]);
    expect(await studies('radiologist-almaty')).toEqual([ids(1).studyInstanceUid]);
    const [own = '', foreign = ''] = urls.map((url) => new URL(url).pathname);
    for (const [path, expected] of [
      [own, 200],
      [foreign, 404],
    ] as const) {
      const series = path.replace(/\/instances\/.*$/, '');
      for (const resource of [path, `${path}/metadata`, originalUrl(path), series, `${series}/metadata`]) {
        expect([resource, await status(resource, 'radiologist-almaty')]).toEqual([resource, expected]);
      }
      const instances = await get(at(`${series}/instances`), as('radiologist-almaty'));
      expect(instances.status).toBe(expected === 200 ? 200 : 204);
    }
  });

  it('ties each series to its device: by the key, by the equipment, or to none', async () => {
    const equipment: readonly RawElement[] = [
      [Tags.Manufacturer, 'LO', 'MAKER'],
      [Tags.DeviceSerialNumber, 'LO', '777'],
    ];
    await mustStore(archive.url, instance(5, 'P5'), as('device-almaty'));
    await mustStore(archive.url, instance(6, 'P6', equipment), as('scanner-almaty'));
    await mustStore(archive.url, instance(7, 'P7', equipment), as('scanner-astana'));
    const series = await archive.database.query<{ uid: string; code: string | null }>({
      text: `select series_instance_uid as uid, d.code from series left join device d using (device_id)
        where series_instance_uid = any ($1) order by 1`,
      values: [[5, 6, 7].map((study) => ids(study).seriesInstanceUid)],
    });
    expect(series.rows.map(({ code }) => code)).toEqual(['ct-1', 'us-7', null]);
  });

  it('keeps facilities and patients apart: a foreign study is refused, another patient held back, the same one joins', async () => {
    const issued: RawElement = [Tags.IssuerOfPatientID, 'LO', 'national'];
    const store = (name: string, bytes: Buffer) => storeOne(archive.url, bytes, { headers: as(name) });
    // The same patient id of another facility is another patient.
    expect(await store('scanner-astana', instance(1, 'P1', [], 2))).toMatchObject({
      kind: 'failed',
      reason: 'foreign-study',
    });
    const held = await store('scanner-almaty', instance(1, 'P9', [], 3));
    expect(held).toMatchObject({
      status: 202,
      kind: 'stored',
      reason: 'identity-conflict',
      retrieveUrl: undefined,
    });
    expect(await store('scanner-almaty', instance(8, 'N1', [issued], 1))).toMatchObject({
      kind: 'stored',
      reason: undefined,
    });
    expect(await store('scanner-astana', instance(8, 'N1', [issued], 2))).toMatchObject({
      kind: 'stored',
      reason: undefined,
    });
    const study = at(`/dicom-web/studies/${ids(1).studyInstanceUid}`);
    const { body } = await get(`${study}/metadata`, as('radiologist'));
    expect((JSON.parse(body.toString()) as DicomJson[]).map((one) => textOf(one['00080018']))).toEqual([
      ids(1).sopInstanceUid,
    ]);
    expect((await get(`${urls[0]?.replace(/\d+$/, '3')}`, as('radiologist'))).status).toBe(404);
    const listed = await archive.database.query<{ sop_instance_uid: string; state: string }>({
      text: 'select sop_instance_uid, state from identity_conflict',
    });
    expect(listed.rows).toEqual([{ sop_instance_uid: ids(1, 3).sopInstanceUid, state: 'open' }]);
  });

  it('forgets a revoked key', async () => {
    const key = await createKey(archive.database, { roles: ['radiologist'] });
    const headers = { Authorization: `Bearer ${key}` };
    expect((await get(at('/dicom-web/studies'), headers)).status).toBe(200);
    await revokeApiKey(archive.database, key.split('_')[1] ?? '', 'test');
    expect((await get(at('/dicom-web/studies'), headers)).status).toBe(401);
  });

  it('leaves an audit row for each decision that touches patient data: who, what, which study, and what was decided', async () => {
    const rows = async () => {
      const found = await archive.database.query<AuditRow>({
        text: `select request_id, principal_kind, principal_id, action, allowed, reason,
          study_instance_uid, remote_address from audit_event order by audit_event_id`,
      });
      return found.rows;
    };
    const before = await rows();
    const path = new URL(urls[0] ?? '').pathname;
    await get(at(path));
    await get(at(path), as('radiologist'));
    await get(at(path), as('scanner-almaty'));
    await get(at(originalUrl(path)), as('radiologist-almaty'));
    await get(at('/dicom-web/studies?PatientName=Name*'), as('manager'));
    await storeOne(archive.url, instance(1, 'P1'), { headers: as('device-almaty') });
    await get(at('/healthz'));
    const added = (await rows()).slice(before.length);
    const id = (name: string): string => keys[name]?.split('_')[1] ?? '';
    const study = ids(1).studyInstanceUid;
    expect(
      added.map((row) => [
        row.principal_kind,
        row.principal_id,
        row.action,
        row.allowed,
        row.reason,
        row.study_instance_uid,
      ]),
    ).toEqual([
      ['none', 'none', 'retrieve', false, 'no-credential', study],
      ['person', id('radiologist'), 'retrieve', true, 'role-permits', study],
      ['device', id('scanner-almaty'), 'retrieve', false, 'role-forbids', study],
      ['person', id('radiologist-almaty'), 'read-original', true, 'role-permits', study],
      ['person', id('manager'), 'search', true, 'role-permits', null],
      ['device', id('device-almaty'), 'store', true, 'role-permits', null],
    ]);
    expect(new Set(added.map((row) => row.request_id)).size).toBe(added.length);
    expect(new Set(added.map((row) => row.remote_address))).toEqual(new Set(['127.0.0.1']));
    expect(archive.log()).not.toContain('Name^');
    expect(archive.log()).not.toMatch(/sandyq_[a-z2-7]{16}_/);
  });
});

interface AuditRow {
  readonly request_id: string;
  readonly principal_kind: string;
  readonly principal_id: string;
  readonly action: string;
  readonly allowed: boolean;
  readonly reason: string;
  readonly study_instance_uid: string | null;
  readonly remote_address: string;
}
