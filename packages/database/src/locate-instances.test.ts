import type { DicomJson } from '@sandyq/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GroupCommit } from './commit/group-commit.ts';
import { listInstances, locateInstance, locateInstances } from './locate-instances.ts';
import {
  listInstancesOfSegment,
  readMetadataPieces,
  readMetadataPiecesOf,
  restoreMetadataPieces,
} from './metadata-pieces.ts';
import { createFacility } from './principals.ts';
import { segmentCommit } from './testing/segment-commits.ts';
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts';

const number = (value: number) => ({ '00200013': { vr: 'IS' as const, Value: [value] } });
const seriesNumber = (value: number) => ({ '00200011': { vr: 'IS' as const, Value: [value] } });

describe('instances of a study', () => {
  let test: TestDatabase;
  let segmentId = '';

  beforeAll(async () => {
    test = await createTestDatabase();
    const { facilityId, patientIssuerId: issuerId } = await createFacility(
      test.database,
      { code: 'f', name: 'f' },
      'test',
    );
    const common = { studyInstanceUid: '1.1', facilityId, issuerId };
    const second = segmentCommit({
      ...common,
      seriesInstanceUid: '1.1.2',
      instances: [
        { sopInstanceUid: '1.1.2.1', attributes: { ...seriesNumber(2), '00200013': { vr: 'IS' } } },
        { sopInstanceUid: '1.1.2.2', attributes: { ...seriesNumber(2), ...number(10) } },
        { sopInstanceUid: '1.1.2.3', attributes: { ...seriesNumber(2), ...number(9) } },
        { sopInstanceUid: '1.1.2.4', patientId: 'another', attributes: { ...seriesNumber(2), ...number(1) } },
      ],
    });
    const first = segmentCommit({
      ...common,
      seriesInstanceUid: '1.1.3',
      instances: [{ sopInstanceUid: '1.1.3.1', attributes: { ...seriesNumber(1), ...number(5) } }],
    });
    segmentId = second.segmentId;
    const commit = new GroupCommit(test.database);
    await commit.submit(second);
    await commit.submit(first);
  });
  afterAll(() => test.drop());

  it('are listed by series number and instance number, without what is held', async () => {
    const list = await listInstances(test.database, { studyInstanceUid: '1.1' });
    expect(list?.instances.map(({ sopInstanceUid }) => sopInstanceUid)).toEqual([
      '1.1.3.1',
      '1.1.2.3',
      '1.1.2.2',
      '1.1.2.1',
    ]);
    expect(list?.revision).toBe(2);
    expect(list?.instances[0]).toMatchObject({
      seriesInstanceUid: '1.1.3',
      transferSyntaxUid: '1.2.840.10008.1.2.1',
      hasPixelData: false,
      entryLength: 512,
      crcTableBytes: 4,
    });
    expect(list?.instances[0]?.metadataBytes).toBeGreaterThan(50);
  });

  it('say of their pixels what the choice of a transfer syntax depends on', async () => {
    const factsOf = async (uid: string) =>
      (await listInstances(test.database, { studyInstanceUid: '1.3' }))?.instances.find(
        ({ sopInstanceUid }) => sopInstanceUid === uid,
      )?.pixels;
    const { facilityId, patientIssuerId: issuerId } = await createFacility(
      test.database,
      { code: 'g', name: 'g' },
      'test',
    );
    const numbers = (vr: 'US' | 'IS', ...values: number[]) => ({ vr, Value: values });
    const image = (lossy: string | undefined, more: DicomJson = {}): DicomJson => ({
      '00280002': numbers('US', 3),
      '00280008': numbers('IS', 40_000),
      '00280010': numbers('US', 60_000),
      '00280011': numbers('US', 50_000),
      '00280100': numbers('US', 8),
      ...(lossy === undefined ? {} : { '00282110': { vr: 'CS', Value: [lossy] } }),
      ...more,
    });
    await new GroupCommit(test.database).submit(
      segmentCommit({
        studyInstanceUid: '1.3',
        seriesInstanceUid: '1.3.1',
        facilityId,
        issuerId,
        instances: [
          { sopInstanceUid: '1.3.1.1', attributes: image('01') },
          { sopInstanceUid: '1.3.1.2', attributes: image('00', { '00280002': { vr: 'US' } }) },
          { sopInstanceUid: '1.3.1.3', attributes: image(undefined, { '00280010': { vr: 'US' } }) },
        ],
      }),
    );
    const decodedLength = 60_000 * 50_000 * 3 * 40_000;
    expect(await factsOf('1.3.1.1')).toEqual({ isLossy: true, decodedLength });
    // Where the data set does not say, a pixel has three samples at most.
    expect(await factsOf('1.3.1.2')).toEqual({ isLossy: false, decodedLength });
    expect(await factsOf('1.3.1.3')).toEqual({ isLossy: undefined, decodedLength: undefined });
    const path = { studyInstanceUid: '1.3', seriesInstanceUid: '1.3.1', sopInstanceUid: '1.3.1.1' };
    expect((await locateInstance(test.database, path))?.location.pixels).toEqual({
      isLossy: true,
      decodedLength,
    });
  });

  it('are listed by series, with the revision of that', async () => {
    const list = await listInstances(test.database, { studyInstanceUid: '1.1', seriesInstanceUid: '1.1.2' });
    expect(list).toMatchObject({ revision: 1, instances: [{}, {}, {}] });
    for (const scope of [
      { studyInstanceUid: '1.2' },
      { studyInstanceUid: '1.1', seriesInstanceUid: '1.2' },
    ]) {
      expect(await listInstances(test.database, scope)).toBeUndefined();
    }
  });

  it('are located by all their UIDs, and only if they are visible', async () => {
    const locate = (studyInstanceUid: string, seriesInstanceUid: string, sopInstanceUid: string) =>
      locateInstance(test.database, { studyInstanceUid, seriesInstanceUid, sopInstanceUid });
    const found = await locate('1.1', '1.1.2', '1.1.2.2');
    expect(found?.location).toMatchObject({ segmentId, ordinal: 2, entryOffset: 1536, bulkData: [] });
    expect(found?.location.pixelData).toBeUndefined();
    expect(await locate('1.1', '1.1.3', '1.1.2.2')).toBeUndefined();
    expect(await locate('1.2', '1.1.2', '1.1.2.2')).toBeUndefined();
    expect(await locate('1.1', '1.1.2', '1.1.2.4')).toBeUndefined();
  });

  it('are located in the order asked for', async () => {
    const { studyKey = 0 } = (await listInstances(test.database, { studyInstanceUid: '1.1' })) ?? {};
    const found = await locateInstances(test.database, studyKey, ['1.1.3.1', '1.9', '1.1.2.4', '1.1.2.1']);
    expect(found.map(({ sopInstanceUid }) => sopInstanceUid)).toEqual(['1.1.3.1', '1.1.2.1']);
  });

  it('get lost metadata pieces back, and better ones for broken ones', async () => {
    const { studyKey = 0 } = (await listInstances(test.database, { studyInstanceUid: '1.1' })) ?? {};
    await test.database.query({ text: `delete from instance_metadata where sop_instance_uid = '1.1.2.1'` });
    expect((await readMetadataPieces(test.database, studyKey, ['1.1.2.1', '1.1.2.2'])).size).toBe(1);
    const ofMany = ['1.1.2.1', '1.1.2.2'].map((sopInstanceUid) => ({ studyKey, sopInstanceUid }));
    expect(await readMetadataPiecesOf(test.database, ofMany)).toEqual(
      await readMetadataPieces(test.database, studyKey, ['1.1.2.1', '1.1.2.2']),
    );
    const instances = await listInstancesOfSegment(test.database, studyKey, segmentId);
    expect([...instances.keys()].sort((a, b) => a - b)).toEqual([1, 2, 3, 4]);
    const jsonGzip = Buffer.from('restored');
    const pieces = [...instances.values()].map((instance) => ({ ...instance, jsonGzip }));
    await restoreMetadataPieces(test.database, studyKey, pieces);
    const after = await readMetadataPieces(test.database, studyKey, ['1.1.2.1', '1.1.2.2', '1.1.3.1']);
    expect(
      [...after]
        .filter(([, piece]) => piece.equals(jsonGzip))
        .map(([uid]) => uid)
        .sort(),
    ).toEqual(['1.1.2.1', '1.1.2.2']);
  });
});
