import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readExisting } from './commit/claim-sop-instances.ts';
import { GroupCommit } from './commit/group-commit.ts';
import { takeOutInstance } from './commit/remove-instance.ts';
import { createFacility } from './principals.ts';
import {
  countSeriesMetadataBytes,
  type DeflatedText,
  dropOldestSeriesMetadata,
  findMetadataScope,
  keepSeriesMetadata,
  listSeriesInstances,
  readSeriesMetadata,
  type SeriesMetadataKey,
} from './series-metadata.ts';
import { segmentCommit } from './testing/segment-commits.ts';
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts';

describe('metadata of series', () => {
  let test: TestDatabase;
  let store: (series: string, instance: string, patientId?: string) => Promise<unknown>;

  beforeAll(async () => {
    test = await createTestDatabase();
    const facility = await createFacility(test.database, { code: 'f', name: 'f' }, 'test');
    const commit = new GroupCommit(test.database);
    const place = { facilityId: facility.facilityId, issuerId: facility.patientIssuerId };
    store = (seriesInstanceUid, sopInstanceUid, patientId = 'P1') =>
      commit.submit(
        segmentCommit({
          ...place,
          studyInstanceUid: seriesInstanceUid.slice(0, -2),
          seriesInstanceUid,
          instances: [{ sopInstanceUid, patientId }],
        }),
      );
  });
  afterAll(() => test.drop());

  const text = (bytes: number): DeflatedText => ({
    deflated: Buffer.alloc(bytes, 7),
    deflatedCrc32: 0xffff_ffff,
    textBytes: 2 ** 40,
    textCrc32: 0x8000_0000,
  });

  async function keyOf(seriesInstanceUid: string): Promise<SeriesMetadataKey> {
    const studyInstanceUid = seriesInstanceUid.slice(0, -2);
    const scope = await findMetadataScope(test.database, { studyInstanceUid, seriesInstanceUid });
    const [series] = scope?.series ?? [];
    if (scope === undefined || series === undefined) throw new Error('the series is there');
    const { seriesKey, revision } = series;
    const instancesSha256 = Buffer.alloc(32, revision);
    return { studyKey: scope.studyKey, seriesKey, revision, baseUrl: 'http://a', instancesSha256 };
  }

  const isKept = async (seriesInstanceUid: string) => {
    const scope = await findMetadataScope(test.database, {
      studyInstanceUid: seriesInstanceUid.slice(0, -2),
      seriesInstanceUid,
    });
    return scope?.series[0]?.instancesSha256 !== undefined;
  };

  it('are kept for a revision, and given back for it alone', async () => {
    await store('1.1.1', '1.1.1.1');
    const key = await keyOf('1.1.1');
    expect(await isKept('1.1.1')).toBe(false);
    await keepSeriesMetadata(test.database, key, text(10));
    expect(await isKept('1.1.1')).toBe(true);
    expect(await readSeriesMetadata(test.database, key)).toEqual(text(10));
    for (const other of [
      { revision: key.revision + 1 },
      { baseUrl: 'http://b' },
      { instancesSha256: Buffer.alloc(32, 9) },
      { seriesKey: key.seriesKey + 1 },
    ]) {
      expect(await readSeriesMetadata(test.database, { ...key, ...other })).toBeUndefined();
    }
    await store('1.1.1', '1.1.1.2');
    expect(await isKept('1.1.1')).toBe(false);
    // Made of what the series was: too late.
    await keepSeriesMetadata(test.database, key, text(11));
    expect(await isKept('1.1.1')).toBe(false);
    expect(await readSeriesMetadata(test.database, key)).toEqual(text(10));
    const now = await keyOf('1.1.1');
    await keepSeriesMetadata(test.database, now, text(12));
    expect(await readSeriesMetadata(test.database, now)).toEqual(text(12));
  });

  it('are not kept while the series is being changed, and gone with an instance that is taken out', async () => {
    await store('1.2.1', '1.2.1.1');
    await store('1.2.1', '1.2.1.2');
    const key = await keyOf('1.2.1');
    await keepSeriesMetadata(test.database, key, text(10));
    const existing = (await readExisting(test.database, ['1.2.1.1'])).get('1.2.1.1');
    if (existing === undefined) throw new Error('the instance is there');
    await test.database.inTransaction(async (client) => {
      await takeOutInstance(client, existing, new Date());
      // Another connection: it does not wait, and does not keep either.
      await keepSeriesMetadata(test.database, key, text(11));
    });
    expect(await readSeriesMetadata(test.database, key)).toBeUndefined();
    expect(await keyOf('1.2.1')).toMatchObject({ revision: key.revision + 1 });
    const listed = await listSeriesInstances(test.database, key.studyKey, [key.seriesKey]);
    expect(listed.get(key.seriesKey)?.instances.map(({ sopInstanceUid }) => sopInstanceUid)).toEqual([
      '1.2.1.2',
    ]);
  });

  it('list active instances alone, of the series that are asked for', async () => {
    await store('1.3.1', '1.3.1.1');
    await store('1.3.2', '1.3.2.1');
    await store('1.3.2', '1.3.2.2', 'another');
    const scope = await findMetadataScope(test.database, { studyInstanceUid: '1.3' });
    const keys = scope?.series.map(({ seriesKey }) => seriesKey) ?? [];
    expect(scope).toMatchObject({ revision: 2, series: [{ revision: 1 }, { revision: 1 }] });
    const listed = await listSeriesInstances(test.database, scope?.studyKey ?? 0, keys.slice(1));
    expect([...listed.keys()]).toEqual(keys.slice(1));
    expect(listed.get(keys[1] ?? 0)).toMatchObject({
      revision: 1,
      instances: [{ sopInstanceUid: '1.3.2.1', metadataBytes: expect.any(Number) }],
    });
    expect(await findMetadataScope(test.database, { studyInstanceUid: '1.99' })).toBeUndefined();
  });

  it('are dropped oldest first', async () => {
    await test.database.query({ text: 'delete from series_metadata' });
    for (const [index, series] of ['1.4.1', '1.5.1', '1.6.1'].entries()) {
      await store(series, `${series}.1`);
      await keepSeriesMetadata(test.database, await keyOf(series), text(100 + index));
    }
    // Made again: the newest now.
    await keepSeriesMetadata(test.database, await keyOf('1.4.1'), text(200));
    expect(await countSeriesMetadataBytes(test.database)).toBe(101 + 102 + 200);
    expect(await dropOldestSeriesMetadata(test.database, 2)).toEqual({ rows: 2, bytes: 101 + 102 });
    expect([await isKept('1.4.1'), await isKept('1.5.1'), await isKept('1.6.1')]).toEqual([
      true,
      false,
      false,
    ]);
    expect(await dropOldestSeriesMetadata(test.database, 2)).toEqual({ rows: 1, bytes: 200 });
    expect(await dropOldestSeriesMetadata(test.database, 2)).toEqual({ rows: 0, bytes: 0 });
    expect(await countSeriesMetadataBytes(test.database)).toBe(0);
  });
});
