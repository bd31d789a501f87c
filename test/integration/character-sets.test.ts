/**
 * Names in the encodings that scanners really send, from the bytes to the answers: Kazakh in UTF-8, KZ-1048 labelled Latin-1,
 * windows-1251 labelled ISO_IR 144, CP949 without a label; found by what a person types, and returned as UTF-8.
 */
import { createDevice, createFacility } from '@sandyq/database';
import { type DicomJson, Tags } from '@sandyq/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKey } from '../support/api-keys.ts';
import { type DeployedArchive, deployArchive } from '../support/deploy-archive.ts';
import { get, getJson, mustStore, nameOf, originalUrl, textOf } from '../support/dicomweb.ts';
import { rawInstance } from '../support/raw-instance.ts';

/** The upper half of KZ-1048 (STRK1048-2002) where it is not that of windows-1251: the letters of Kazakh. */
const kazakhBytes: Readonly<Record<string, number>> = {
  Қ: 0x8d,
  Һ: 0x8e,
  қ: 0x9d,
  һ: 0x9e,
  Ұ: 0xa1,
  ұ: 0xa2,
  Ә: 0xa3,
  Ө: 0xa5,
  Ғ: 0xaa,
  Ү: 0xaf,
  І: 0xb2,
  і: 0xb3,
  ө: 0xb4,
  ғ: 0xba,
  ә: 0xbc,
  Ң: 0xbd,
  ң: 0xbe,
  ү: 0xbf,
};

/** А to я stand at 0xC0 to 0xFF in windows-1251 and KZ-1048 alike. */
function cyrillicBytes(text: string): Buffer {
  return Buffer.from(
    [...text].map((letter) => {
      const code = letter.codePointAt(0) ?? 0;
      return kazakhBytes[letter] ?? (code >= 0x410 && code <= 0x44f ? code - 0x410 + 0xc0 : code);
    }),
  );
}

interface Case {
  readonly what: string;
  /** Role: the facility's key or that of a device. */
  readonly sender: 'no declaration' | 'facility KZ-1048' | 'device windows-1251' | 'device CP949';
  readonly label: string | undefined;
  readonly bytes: Buffer;
  /** What the bytes mean. */
  readonly name: string;
  /** What people type to find it; all must. */
  readonly searches: readonly string[];
}

const cases: readonly Case[] = [
  {
    what: 'all nine letters particular to Kazakh in UTF-8',
    sender: 'no declaration',
    label: 'ISO_IR 192',
    bytes: Buffer.from('ӘҒҚҢӨҰҮҺІ^әғқңөұүһі'),
    name: 'ӘҒҚҢӨҰҮҺІ^әғқңөұүһі',
    searches: ['ӘҒҚҢӨҰҮҺІ^әғқңөұүһі', 'әғқңөұүһі^ӘҒҚҢӨҰҮҺІ', 'Әғқ*', '*үһі'],
  },
  {
    what: 'KZ-1048 labelled ISO_IR 100, from a facility that declares KZ-1048',
    sender: 'facility KZ-1048',
    label: 'ISO_IR 100',
    bytes: cyrillicBytes('Қайрат-ӘҒҚҢӨҰҮҺІ^әғқңөұүһі Гүлнәр'),
    name: 'Қайрат-ӘҒҚҢӨҰҮҺІ^әғқңөұүһі Гүлнәр',
    searches: ['Қайрат-ӘҒҚҢӨҰҮҺІ^әғқңөұүһі Гүлнәр', 'қайрат-әғқ*', '*гүлнәр'],
  },
  {
    what: 'windows-1251 labelled ISO_IR 144, from a device that declares windows-1251',
    sender: 'device windows-1251',
    label: 'ISO_IR 144',
    bytes: cyrillicBytes('Иванова^Людмила'),
    name: 'Иванова^Людмила',
    searches: ['Иванова^Людмила', 'иванова*', '*людмила'],
  },
  {
    what: 'CP949 without a label, beyond KS X 1001, from a device that declares CP949',
    sender: 'device CP949',
    label: undefined,
    bytes: Buffer.concat([Buffer.from('Kim^Ddom=', 'latin1'), Buffer.from('b1e85e8c63b9e6', 'hex')]),
    name: 'Kim^Ddom=김^똠방',
    searches: ['김^똠방', 'Kim^Ddom=김^똠방', 'kim*', '김*', '*똠*'],
  },
];

describe('names in the character sets of scanners', () => {
  let archive: DeployedArchive | undefined;
  let keys: Record<Case['sender'], string>;
  let reader: Record<string, string>;
  const urls = new Map<Case, string>();

  beforeAll(async () => {
    archive = await deployArchive({ topology: 'standalone', environment: { SANDYQ_AUTH: 'keys' } });
    const { database, url } = archive;
    await createFacility(database, { code: 'plain', name: 'Declares nothing' }, 'test');
    await createFacility(
      database,
      { code: 'almaty', name: 'Almaty', assumedCharacterSet: 'KZ-1048' },
      'test',
    );
    const local = { facilityCode: 'plain', origin: 'local' } as const;
    await createDevice(database, { ...local, code: 'us-1', assumedCharacterSet: 'windows-1251' }, 'test');
    await createDevice(database, { ...local, code: 'us-2', assumedCharacterSet: 'CP949' }, 'test');
    const scanner = { roles: ['scanner'] } as const;
    keys = {
      'no declaration': await createKey(database, { ...scanner, facilityCode: 'plain' }),
      'facility KZ-1048': await createKey(database, { ...scanner, facilityCode: 'almaty' }),
      'device windows-1251': await createKey(database, { ...scanner, deviceCode: 'us-1' }),
      'device CP949': await createKey(database, { ...scanner, deviceCode: 'us-2' }),
    };
    reader = { Authorization: `Bearer ${await createKey(database, { roles: ['radiologist'] })}` };
    for (const [index, one] of cases.entries()) {
      const headers = { Authorization: `Bearer ${keys[one.sender]}` };
      urls.set(one, await mustStore(url, instanceOf(one, index), headers));
    }
  });
  afterAll(() => archive?.stop());

  /** The names of all studies that a search for this one finds. */
  async function namesFound(patientName: string): Promise<string[]> {
    const query = new URLSearchParams({ PatientName: patientName }).toString();
    const answer = await get(`${archive?.url}/dicom-web/studies?${query}`, reader);
    if (answer.status === 204) return [];
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/dicom+json']);
    const studies = JSON.parse(answer.body.toString('utf8')) as DicomJson[];
    return studies.map((study) => nameOf(study['00100010']));
  }

  describe.each(cases)('$what', (one) => {
    it.each(one.searches)('is found by %s', async (search) => {
      expect(await namesFound(search)).toEqual([one.name]);
    });

    it('is UTF-8 in metadata, which says so, and untouched in what was received', async () => {
      const url = urls.get(one) ?? '';
      const [json] = await getJson<DicomJson[]>(`${url}/metadata`, reader);
      expect(nameOf(json?.['00100010'])).toBe(one.name);
      expect(textOf(json?.['00080005'])).toBe('ISO_IR 192');
      const { body } = await get(originalUrl(url), reader);
      expect(body.equals(instanceOf(one, cases.indexOf(one)))).toBe(true);
    });
  });

  it('finds nobody under the name that the bytes would be under their label', async () => {
    // KZ-1048 read as Latin-1, windows-1251 read as ISO 8859-5.
    expect(await namesFound('\u008Dайрат*')).toEqual([]);
    expect(await namesFound('*£ª*')).toEqual([]);
    expect(await namesFound('ШТРЮ*')).toEqual([]);
  });

  it('keeps the label and the set that was used', async () => {
    const found = await archive?.database.query<{
      character_set: { label: string[]; used: string[]; flag: string } | null;
    }>({
      text: 'select character_set from instance order by sop_instance_uid',
    });
    expect(found?.rows.map((row) => row.character_set)).toEqual([
      null,
      { label: ['ISO_IR 100'], used: ['KZ-1048'], flag: 'label-contradicted' },
      // The bytes are letters of ISO_IR 144 too, of other words: only the declaration tells.
      { label: ['ISO_IR 144'], used: ['windows-1251'], flag: 'assumed' },
      { label: [], used: ['CP949'], flag: 'assumed' },
    ]);
  });
});

function instanceOf({ label, bytes }: Case, index: number): Buffer {
  const study = `2.25.77.${index}`;
  const identity = {
    studyInstanceUid: study,
    seriesInstanceUid: `${study}.1`,
    sopInstanceUid: `${study}.1.1`,
  };
  return rawInstance(identity, [
    ...(label === undefined ? [] : [[Tags.SpecificCharacterSet, 'CS', label] as const]),
    [Tags.PatientName, 'PN', bytes],
    [Tags.PatientID, 'LO', `P${index}`],
    [Tags.Modality, 'CS', 'US'],
  ]);
}
