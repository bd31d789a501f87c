/** An archive with a cold tier, and what tests ask of it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coldTierPorts } from '@sandyq/index';
import { expect } from 'vitest';
import { get, getJson, storeAll } from '../support/dicomweb.ts';
import { type MadeInstance, makeNativeImage } from '../support/made-instances.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

/** The study that is in it from the beginning. */
export const STUDY = '2.25.7100';
/** For work that nothing stops. */
export const NEVER = new AbortController().signal;
/** No hot copy goes before the test says so. */
export const NO_UPKEEP = { SANDYQ_SUPERSEDE_GRACE_SECONDS: '3600' };

const cleanUps: (() => Promise<unknown>)[] = [];

/** Something that {@link closeAll} undoes. */
export function later(cleanUp: () => Promise<unknown>): void {
  cleanUps.push(cleanUp);
}

/** After each test. */
export async function closeAll(): Promise<void> {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
}

export interface Opened {
  readonly test: TestArchive;
  readonly folder: string;
  readonly ports: NonNullable<ReturnType<typeof coldTierPorts>>;
  readonly made: readonly MadeInstance[];
}

/** An archive with a folder as its cold tier, and a study of two series in it. */
export async function open(environment: Record<string, string> = {}): Promise<Opened> {
  const folder = await mkdtemp(join(tmpdir(), 'sandyq-cold-'));
  later(() => rm(folder, { recursive: true, force: true }));
  const test = await startArchive({
    environment: {
      SANDYQ_COLD_FOLDER: folder,
      SANDYQ_COMPACT_BYTES_PER_SECOND: '0',
      ...environment,
    },
  });
  later(() => test.stop());
  const made = [image(1, 1), image(1, 2), image(2, 1)];
  await storeAll(
    test.url,
    made.map(({ bytes }) => bytes),
  );
  const ports = coldTierPorts(test.archive);
  if (ports === undefined) throw new Error('it was started with a cold tier');
  await leaveCompaction(test);
  return { test, folder, ports, made };
}

/** As if nothing had come for a day, and compaction had had its turn. */
export async function leaveCompaction({ archive }: TestArchive): Promise<void> {
  await archive.database.query({ text: 'update segment set compact_due = null' });
}

/** An instance, made from where it belongs. */
export function image(series: number, instance: number, study = STUDY, patientName = 'COLD'): MadeInstance {
  const seriesInstanceUid = `${study}.${series}`;
  const ids = {
    studyInstanceUid: study,
    seriesInstanceUid,
    sopInstanceUid: `${seriesInstanceUid}.${instance}`,
  };
  const pixels = Buffer.alloc(2 * 64 * 64, series * 16 + instance);
  return makeNativeImage(ids, { rows: 64, columns: 64, pixels }, { patientName, instanceNumber: instance });
}

/** Waits for what the background does. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  await expect.poll(holds, { timeout: 20_000, interval: 50 }).toBe(true);
}

/** A segment in use. */
export interface SegmentRow {
  readonly segment_id: string;
  readonly object_key: string;
  readonly tier: string;
  readonly hot_copy_since: Date | null;
  readonly recall_due: Date | null;
  readonly condition: string;
}

/** Those in use, in the order of their keys. */
export async function segments({ archive }: TestArchive): Promise<SegmentRow[]> {
  const found = await archive.database.query<SegmentRow & Record<string, unknown>>({
    text: `select segment_id, object_key, tier, hot_copy_since, recall_due, condition from segment
      where state = 'live' order by object_key`,
  });
  return found.rows;
}

/** Of each of them. */
export async function tiers(test: TestArchive): Promise<string[]> {
  return (await segments(test)).map(({ tier }) => tier);
}

/** Instance Availability (0008,0056) of the study, of its series and of its instances. */
export async function availabilities({ url }: TestArchive): Promise<unknown[]> {
  const paths = [
    `studies?StudyInstanceUID=${STUDY}`,
    `studies/${STUDY}/series`,
    `studies/${STUDY}/instances`,
  ];
  const found = [];
  for (const path of paths) {
    const field = `${path.includes('?') ? '&' : '?'}includefield=00080056`;
    const hits = await getJson<Record<string, { Value?: unknown[] }>[]>(`${url}/dicom-web/${path}${field}`);
    found.push(
      [...new Set(hits.map((hit) => hit['00080056']?.Value?.[0]))]
        .sort((a, b) => String(a).localeCompare(String(b)))
        .join(),
    );
  }
  return found;
}

/** Path of the received bytes. */
export function original({ studyInstanceUid, seriesInstanceUid, sopInstanceUid }: MadeInstance): string {
  return `originals/${studyInstanceUid}/${seriesInstanceUid}/${sopInstanceUid}`;
}

/** Every byte as it was sent. */
export async function expectAsSent({ url }: TestArchive, made: readonly MadeInstance[]): Promise<void> {
  for (const instance of made) {
    const { status, body } = await get(`${url}/${original(instance)}`);
    expect(status).toBe(200);
    expect(Buffer.compare(body, instance.bytes)).toBe(0);
  }
}

/** Objects of the hot store alone. */
export async function hotKeys({ ports }: Pick<Opened, 'ports'>): Promise<string[]> {
  const listed = await Array.fromAsync(ports.coldTier.hot.list('v1/'));
  return listed.map(({ key }) => key);
}
