/** Who may retrieve what: a principal of a facility sees the studies of that facility, others are as if not there. */
import { newApiKey } from '@sandyq/auth';
import { createApiKey, createFacility } from '@sandyq/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, storeAll } from '../support/dicomweb.ts';
import { makePdf } from '../support/made-instances.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

const study = '2.3.1';
const instance = makePdf(
  { studyInstanceUid: study, seriesInstanceUid: '2.3.1.1', sopInstanceUid: '2.3.1.1.1' },
  Buffer.alloc(2_000, 1),
);
const series = `dicom-web/studies/${study}/series/2.3.1.1`;
const paths = [
  `dicom-web/studies/${study}`,
  `dicom-web/studies/${study}/metadata`,
  series,
  `${series}/metadata`,
  `${series}/instances/2.3.1.1.1`,
  `${series}/instances/2.3.1.1.1/metadata`,
  `${series}/instances/2.3.1.1.1/bulkdata/00420011`,
  `originals/${study}/2.3.1.1/2.3.1.1.1`,
];

describe('access to retrieval', () => {
  let archive: TestArchive;
  const keys = new Map<string, string>();

  beforeAll(async () => {
    archive = await startArchive({ environment: { SANDYQ_AUTH: 'keys' } });
    const { database } = archive.archive;
    for (const code of ['own', 'other']) await createFacility(database, { code, name: code }, 'test');
    for (const [name, role, facilityCode] of [
      ['scanner', 'scanner', 'own'],
      ['own radiologist', 'radiologist', 'own'],
      ['other radiologist', 'radiologist', 'other'],
      ['national radiologist', 'radiologist', undefined],
      ['administrator', 'administrator', undefined],
    ] as const) {
      const { key, id, secretHash } = newApiKey();
      const row = { apiKeyId: id, secretHash: Buffer.from(secretHash), name, roles: [role], facilityCode };
      await createApiKey(database, row, 'test');
      keys.set(name, key);
    }
    await storeAll(archive.url, [instance.bytes], credential('scanner'));
  });
  afterAll(() => archive?.stop());

  function credential(name: string): Record<string, string> {
    const key = keys.get(name);
    return key === undefined ? {} : { Authorization: `Bearer ${key}` };
  }

  it.each([
    ['own radiologist', 200],
    ['national radiologist', 200],
    ['other radiologist', 404],
    ['scanner', 403],
    ['administrator', 403],
    ['nobody', 401],
  ])('%s: %i', async (name, expected) => {
    for (const path of paths) {
      const { status, headers } = await get(`${archive.url}/${path}`, credential(name));
      expect([path, status]).toEqual([path, expected]);
      if (expected !== 200) expect(headers.get('etag')).toBeNull();
    }
  });

  it('tells another facility nothing that an unknown study does not', async () => {
    const of = async (path: string) => {
      const { body } = await get(`${archive.url}/${path}`, credential('other radiologist'));
      return { ...(JSON.parse(body.toString()) as object), requestId: '' };
    };
    for (const path of paths) expect(await of(path)).toEqual(await of(path.replace(study, '2.9')));
  });

  it('is on record', async () => {
    const { rows } = await archive.testDatabase.database.query<{
      action: string;
      allowed: boolean;
      count: number;
    }>({
      text: `select action, allowed, count(*) from audit_event where study_instance_uid = $1 and action <> 'store'
        group by action, allowed order by action, allowed`,
      values: [study],
    });
    expect(rows.map(({ action, allowed }) => [action, allowed])).toEqual([
      ['read-original', false],
      ['read-original', true],
      ['retrieve', false],
      ['retrieve', true],
    ]);
  });
});
