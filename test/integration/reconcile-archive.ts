/** What the tests of reconcile share: an archive on either store, hands that damage it, and what is then said of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { reconcilePorts } from '@sandyq/index';
import { type ReconcileReport, reconcile } from '@sandyq/indexing';
import { s3ForTests } from '@sandyq/storage/testing';
import type { Logger } from '@sandyq/telemetry';
import { get } from '../support/dicomweb.ts';
import { type InstanceIds, type MadeAttributes, makeNativeImage } from '../support/made-instances.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';
import { s3TestStore } from '../support/test-store.ts';

const s3 = await s3ForTests();

/** The two kinds of store; the second is skipped where no S3 server can be had. */
export const storesToReconcile = [
  { name: 'the file system', skip: false, environment: () => ({}) },
  {
    name: `Ceph ${s3.reason ?? ''}`.trim(),
    skip: s3.server === undefined,
    environment: () => {
      if (s3.server === undefined) throw new Error('no S3 server');
      return s3TestStore(s3.server).environment;
    },
  },
];
export const releaseStores = s3.release;

export class ReconcileArchive {
  readonly archive: TestArchive;

  constructor(archive: TestArchive) {
    this.archive = archive;
  }

  static async start(
    environment: Readonly<Record<string, string>>,
    logger?: Logger,
  ): Promise<ReconcileArchive> {
    const archive = await startArchive({
      // Nothing is compacted behind the tests' back.
      environment: { ...environment, SANDYQ_COMPACT_BYTES_PER_SECOND: '0' },
      ...(logger !== undefined && { logger }),
    });
    const started = new ReconcileArchive(archive);
    await started.#firstPass();
    return started;
  }

  /** The pass that begins with the process must not do what a test is about. */
  async #firstPass(): Promise<void> {
    const ended = 'select from reconcile_pass where ended_at is not null';
    while ((await this.archive.archive.database.query({ text: ended })).rowCount === 0) await sleep(20);
  }

  get url(): string {
    return this.archive.url;
  }

  get database() {
    return this.archive.archive.database;
  }

  get store() {
    return this.archive.archive.store;
  }

  /** Compares everything, however young. */
  reconcile(dryRun = false): Promise<ReconcileReport> {
    return reconcile(reconcilePorts(this.archive.archive), {
      dryRun,
      minimumAgeMs: 0,
      now: () => new Date(),
    });
  }

  async rows<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.database.query<Row & Record<string, unknown>>({ text, values })).rows;
  }

  /** Where an instance lies. */
  async placeOf({ sopInstanceUid }: InstanceIds): Promise<{ key: string; segmentId: string }> {
    const [row] = await this.rows<{ key: string; segmentId: string }>(
      `select g.object_key as key, g.segment_id as "segmentId" from sop_instance p join segment g using (segment_id)
        where p.sop_instance_uid = $1`,
      [sopInstanceUid],
    );
    if (row === undefined) throw new Error('the instance is not in the index');
    return row;
  }

  async bytesOf(key: string): Promise<Buffer> {
    return Buffer.concat((await Array.fromAsync(await this.store.read(key))) as Buffer[]);
  }

  /** Another object under the same key: what an archive never does. */
  async replaceObject(key: string, bytes: Uint8Array): Promise<void> {
    await this.store.delete(key);
    await this.store.putBytes(key, bytes);
  }

  /** Instance Availability (0008,0056) of what a search finds, by its UID. */
  async availability(path: string, uidTag: string): Promise<Record<string, string>> {
    const { status, body } = await get(`${this.url}/dicom-web/${path}`, { Accept: 'application/dicom+json' });
    if (status === 204) return {};
    const found = JSON.parse(body.toString()) as Record<string, { Value?: string[] }>[];
    return Object.fromEntries(
      found.map((one) => [one[uidTag]?.Value?.[0] ?? '', one['00080056']?.Value?.[0] ?? '']),
    );
  }

  /** Status and body of the instance as it was received. */
  async original({ studyInstanceUid, seriesInstanceUid, sopInstanceUid }: InstanceIds) {
    const { status, body } = await get(
      `${this.url}/originals/${studyInstanceUid}/${seriesInstanceUid}/${sopInstanceUid}`,
      { Accept: '*/*' },
    );
    return { status, body };
  }

  /** What search and metadata say of a study: must be the same after its rows were made again. */
  async said(study: string): Promise<unknown> {
    const json = { Accept: 'application/dicom+json' };
    const answers = ['series', 'instances', 'metadata'].map(async (what) => {
      const { status, body } = await get(`${this.url}/dicom-web/studies/${study}/${what}`, json);
      return status === 200 ? inOneOrder(JSON.parse(body.toString()) as object[]) : status;
    });
    const { body } = await get(`${this.url}/dicom-web/studies?StudyInstanceUID=${study}`, json);
    return [body.length === 0 ? undefined : JSON.parse(body.toString()), ...(await Promise.all(answers))];
  }
}

/** Series without a number come in no order that would outlive their rows. */
function inOneOrder(results: readonly object[]): string[] {
  return results.map((result) => JSON.stringify(result)).sort();
}

/** A small CT image. */
export function image(
  study: string,
  series: number,
  number: number,
  attributes: MadeAttributes = {},
  pixel = number,
) {
  return makeNativeImage(
    {
      studyInstanceUid: study,
      seriesInstanceUid: `${study}.${series}`,
      sopInstanceUid: `${study}.${series}.${number}`,
    },
    { rows: 64, columns: 64, pixels: Buffer.alloc(8_192, pixel) },
    { instanceNumber: number, ...attributes },
  );
}
