/** An archive of two facilities with something in quarantine, and the hands of an administrator. Not a test. */
import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDevice, createFacility, listQuarantine, type Quarantined } from '@sandyq/database';
import type { DicomJson } from '@sandyq/dicom';
import { makeApiKey } from '@sandyq/index';
import { get, getJson, type StoreVerdict, storeOne } from '../support/dicomweb.ts';
import { type MadeAttributes, type MadeInstance, makeNativeImage } from '../support/made-instances.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

type Headers = Record<string, string>;
export type Decision = 'accept' | 'replace' | 'discard';

/** Facility `hospital` with device `ct`, facility `clinic`, and a key for everyone. */
export class QuarantineArchive {
  readonly test: TestArchive;
  readonly hospital: Headers;
  readonly clinic: Headers;
  readonly radiologist: Headers;
  readonly administrator: Headers;
  #lastStudy = 0;

  private constructor(test: TestArchive, [hospital, clinic, radiologist, administrator]: readonly Headers[]) {
    this.test = test;
    this.hospital = hospital ?? {};
    this.clinic = clinic ?? {};
    this.radiologist = radiologist ?? {};
    this.administrator = administrator ?? {};
  }

  static async start(): Promise<QuarantineArchive> {
    const test = await startArchive({ environment: { SANDYQ_AUTH: 'keys' } });
    const { database } = test.archive;
    for (const code of ['hospital', 'clinic']) {
      await database.inTransaction((client) => createFacility(client, { code, name: code }, 'test'));
    }
    await createDevice(database, { facilityCode: 'hospital', code: 'ct', origin: 'local' }, 'test');
    const keys: Headers[] = [];
    for (const input of [
      { roles: ['scanner'], device: 'ct' },
      { roles: ['scanner'], facility: 'clinic' },
      { roles: ['radiologist'] },
      { roles: ['administrator'] },
    ] satisfies Parameters<typeof makeApiKey>[1][]) {
      keys.push({ Authorization: `Bearer ${(await makeApiKey(database, input, 'test')).key}` });
    }
    return new QuarantineArchive(test, keys);
  }

  /** The key of one who may see what belongs to this facility only. */
  async radiologistOf(facility: string): Promise<Headers> {
    const input = { roles: ['radiologist' as const], facility };
    const { key } = await makeApiKey(this.test.archive.database, input, 'test');
    return { Authorization: `Bearer ${key}` };
  }

  newStudy(): string {
    this.#lastStudy += 1;
    return `2.7.${this.#lastStudy}`;
  }

  store(bytes: Uint8Array, headers = this.hospital): Promise<StoreVerdict> {
    return storeOne(this.test.url, bytes, { headers });
  }

  /** Sends to the path of another study: refused, and kept as bytes of their own. */
  async storeElsewhere(bytes: Uint8Array): Promise<number> {
    const answer = await fetch(`${this.test.url}/dicom-web/studies/9.9.9`, {
      method: 'POST',
      headers: { ...this.hospital, 'Content-Type': 'application/dicom', Accept: 'application/dicom+json' },
      body: new Uint8Array(bytes),
    });
    await answer.body?.cancel();
    return answer.status;
  }

  /** The received bytes of instance `number`, or the status. */
  async original(study: string, number: number): Promise<Buffer | number> {
    const url = `${this.test.url}/originals/${study}/${study}.1/${study}.1.${number}`;
    const { status, body } = await get(url, this.radiologist);
    return status === 200 ? body : status;
  }

  async instanceCount(study: string): Promise<number> {
    const studies = await getJson<DicomJson[]>(
      `${this.test.url}/dicom-web/studies?StudyInstanceUID=${study}&includefield=00201208`,
      this.radiologist,
    );
    return Number(studies[0]?.['00201208']?.Value?.[0]);
  }

  entries(filter: Parameters<typeof listQuarantine>[1] = {}): Promise<Quarantined[]> {
    return listQuarantine(this.test.archive.database, filter, 100);
  }

  async newest(): Promise<Quarantined> {
    const [entry] = await this.entries();
    if (entry === undefined) throw new Error('the quarantine is empty');
    return entry;
  }

  async decide(id: number, decision: Decision): Promise<{ status: number; json: Record<string, unknown> }> {
    const url = `${this.test.url}/admin/quarantine/${id}/${decision}`;
    const answer = await fetch(url, { method: 'POST', headers: this.administrator });
    return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
  }

  bytesOf({ quarantineId }: Pick<Quarantined, 'quarantineId'>) {
    return get(`${this.test.url}/admin/quarantine/${quarantineId}/bytes`, this.administrator);
  }

  async objectKeys(prefix: string): Promise<string[]> {
    const found: string[] = [];
    for await (const { key } of this.test.archive.store.list(prefix)) found.push(key);
    return found;
  }

  async segmentState(segmentId: string | undefined): Promise<unknown> {
    const found = await this.test.archive.database.query({
      text: 'select state from segment where segment_id = $1',
      values: [segmentId],
    });
    return found.rows[0]?.['state'];
  }

  /** Flips one bit of a stored object. */
  async damage(objectKey: string, offset: number): Promise<void> {
    const { objectStore } = this.test.settings;
    if (objectStore.kind !== 'filesystem') throw new Error('only files can be damaged here');
    const path = join(objectStore.root, objectKey);
    const bytes = await readFile(path);
    bytes.writeUInt8(bytes.readUInt8(offset) ^ 1, offset);
    await rm(path);
    await writeFile(path, bytes);
  }
}

/** A CT image; the same arguments again are another instance of the same UID, with other pixels. */
export function imageOf(study: string, number: number, attributes: MadeAttributes = {}): MadeInstance {
  return makeNativeImage(
    { studyInstanceUid: study, seriesInstanceUid: `${study}.1`, sopInstanceUid: `${study}.1.${number}` },
    { rows: 8, columns: 8, pixels: randomBytes(128) },
    attributes,
  );
}
