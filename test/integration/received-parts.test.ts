/**
 * The parts that instances were composed of (PS3.18 §10.5.1.4) in the life of an archive: handed out, joined by compaction,
 * verified, passed over by a rebuild of the index, kept where an instance turned out to be known.
 */
import { type Database, openDatabase } from '@sandyq/database';
import type { DicomJson } from '@sandyq/dicom';
import { openSegment, verifySegment } from '@sandyq/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dropDatabase, makeDatabase } from '../faults/support/databases.ts';
import { compareIndexes } from '../support/compare-indexes.ts';
import { get, getParts, mustStore, originalUrl, type StoreVerdict, store } from '../support/dicomweb.ts';
import { bulkPart, jsonPart, type RequestPart, writeParts } from '../support/metadata-store.ts';
import { runScript } from '../support/run-script.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

const STUDY = '2.25.77';
const SERIES = `${STUDY}.1`;
const cleanUps: (() => Promise<unknown>)[] = [];
let test: TestArchive;
const sent: { readonly url: string; readonly parts: readonly RequestPart[] }[] = [];

function metadataOf(instance: number): DicomJson {
  const number = (value: number) => ({ vr: 'US' as const, Value: [value] });
  return {
    '00080016': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.2'] },
    '00080018': { vr: 'UI', Value: [`${SERIES}.${instance}`] },
    '00100020': { vr: 'LO', Value: ['P77'] },
    '0020000D': { vr: 'UI', Value: [STUDY] },
    '0020000E': { vr: 'UI', Value: [SERIES] },
    '00280002': number(1),
    '00280010': number(16),
    '00280011': number(16),
    '00280100': number(8),
    '7FE00010': { vr: 'OB', BulkDataURI: 'pixels' },
  };
}

async function sendParts(parts: readonly RequestPart[]): Promise<StoreVerdict | undefined> {
  const { contentType, body } = writeParts(parts);
  const { verdicts } = await store(test.url, body, { 'Content-Type': contentType });
  return verdicts[0];
}

beforeAll(async () => {
  test = await startArchive({ environment: { SANDYQ_COMPACT_BYTES_PER_SECOND: '0' } });
  cleanUps.push(() => test.stop());
  for (let instance = 1; instance <= 3; instance += 1) {
    const parts = [jsonPart([metadataOf(instance)]), bulkPart('pixels', Buffer.alloc(256, instance))];
    const verdict = await sendParts(parts);
    if (verdict?.retrieveUrl === undefined) throw new Error(`not stored: ${verdict?.reason}`);
    sent.push({ url: verdict.retrieveUrl, parts });
  }
});

afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

async function expectPartsAsSent(): Promise<void> {
  for (const { url, parts } of sent) {
    const received = await getParts(`${originalUrl(url)}/parts`, '*/*');
    expect(
      received.map(({ headers }) => [headers.get('content-type'), headers.get('content-location')]),
    ).toEqual(parts.map(({ headers }) => [headers['Content-Type'], headers['Content-Location']]));
    for (const [index, { body }] of received.entries())
      expect(body.equals(Buffer.from(parts[index]?.body ?? ''))).toBe(true);
  }
}

async function keys(): Promise<string[]> {
  return (await Array.fromAsync(test.archive.store.list('v1/'))).map(({ key }) => key);
}

async function expectSound(): Promise<void> {
  for (const key of await keys())
    expect(await verifySegment(test.archive.store, key)).toMatchObject({ faults: [] });
}

describe('received parts', () => {
  it('are handed out as they came; what came as one file has none', async () => {
    await expectPartsAsSent();
    const { '7FE00010': _pixels, ...report } = metadataOf(9);
    const alone = await store(test.url, Buffer.from(JSON.stringify(report)), {
      'Content-Type': 'application/dicom+json',
    });
    const url = originalUrl(alone.verdicts[0]?.retrieveUrl ?? '');
    expect(await getParts(`${url}/parts`, '*/*')).toHaveLength(1);
    const file = (await get(url)).body;
    const other = Buffer.from(file.toString('latin1').replaceAll(`${SERIES}.9`, `${SERIES}.8`), 'latin1');
    const asFile = await mustStore(test.url, other);
    expect((await get(`${originalUrl(asFile)}/parts`)).status).toBe(404);
  });

  it('go with their instances when segments are joined, and the index can be rebuilt without them', async () => {
    await expectSound();
    const originals = await Promise.all(sent.map(({ url }) => get(originalUrl(url))));
    const answer = await fetch(`${test.url}/admin/compaction?study=${STUDY}`, { method: 'POST' });
    expect(await answer.json()).toMatchObject({ joined: 1, made: 1, damaged: [] });
    await expect.poll(keys, { timeout: 60_000, interval: 100 }).toHaveLength(1);
    const [key = ''] = await keys();
    const { receipt } = await openSegment(test.archive.store, key);
    expect(receipt.entries.map(({ role }) => role).sort()).toEqual([
      ...Array.from({ length: 5 }, () => 'part10'),
      ...Array.from({ length: 7 }, () => 'received'),
    ]);
    await expectSound();
    await expectPartsAsSent();
    for (const [index, { url }] of sent.entries())
      expect((await get(originalUrl(url))).body.equals(originals[index]?.body ?? Buffer.of())).toBe(true);

    const { environment, database } = await emptyDatabase();
    const { code, stderr } = await runScript('rebuild-index.ts', ['--json'], environment);
    expect(code, stderr).toBe(0);
    expect(await compareIndexes(test.archive.database, database)).toEqual([]);
  });

  it('of an instance that was known as a file stay, once, and harm nothing', async () => {
    const { '7FE00010': _pixels, ...report } = metadataOf(8);
    const labelled = jsonPart([{ ...report, '00081030': { vr: 'LO' } }]);
    const before = await keys();
    expect(await sendParts([labelled])).toMatchObject({ kind: 'stored', reason: 'proposed-correction' });
    const known = await keys();
    expect(known.length).toBe(before.length + 1);
    expect(await sendParts([labelled])).toMatchObject({ kind: 'stored', reason: 'proposed-correction' });
    // The background work looks at segments that hold nothing of their own.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await keys()).toEqual(known);
    await expectSound();
  });
});

async function emptyDatabase(): Promise<{
  readonly environment: Record<string, string>;
  readonly database: Database;
}> {
  const connectionString = await makeDatabase();
  cleanUps.push(() => dropDatabase(connectionString));
  const database = openDatabase({ connectionString });
  cleanUps.push(() => database.close());
  return { environment: { SANDYQ_DATA: test.settings.dataFolder, DATABASE_URL: connectionString }, database };
}
