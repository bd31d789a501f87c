/** A cold tier whose objects have to be brought back before they can be read: nobody is told anything wrong meanwhile. */
import { requestRecall, segmentsToVerify } from '@sandyq/database';
import { endHotCopies, moveStudyToCold } from '@sandyq/disposition';
import { type ProxiedRequest, type ProxyFault, s3ForTests, startFaultyProxy } from '@sandyq/storage/testing';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { get, store, storeAll, storeOne } from '../support/dicomweb.ts';
import { s3TestStore } from '../support/test-store.ts';
import {
  closeAll,
  expectAsSent,
  hotKeys,
  image,
  later,
  NEVER,
  NO_UPKEEP,
  open,
  original,
  STUDY,
  tiers,
  until,
} from './cold-tier-archive.ts';

const s3 = await s3ForTests();
afterAll(() => s3.release());
afterEach(closeAll);

describe('a cold tier whose objects have to be brought back first', () => {
  it('makes readers and rivals wait, and answers when they come again', async () => {
    const opened = await open({
      ...NO_UPKEEP,
      SANDYQ_COLD_READS: 'recall',
      SANDYQ_FIXITY_INTERVAL_DAYS: '0',
    });
    const { test, ports, made } = opened;
    expect(await moveStudyToCold(ports, STUDY)).toMatchObject({ moved: 2, left: [] });
    await endHotCopies(ports, 0, NEVER);
    // Nothing reads it again before it is back.
    const due = { before: new Date(Date.now() + 3_600_000) };
    expect(await segmentsToVerify(test.archive.database, due, { limit: 10 })).toEqual([]);
    const url = `${test.url}/${original(image(1, 1))}`;
    const first = await get(url);
    expect([first.status, first.headers.get('retry-after')]).toEqual([503, '60']);
    await until(async () => (await get(url)).status === 200);
    await until(async () => (await tiers(test)).every((tier) => tier === 'hot'));
    await expectAsSent(test, made);

    // Another instance under a UID that is taken: no verdict before the holder can be read (the same bytes need none).
    await moveStudyToCold(ports, STUDY);
    await endHotCopies(ports, 0, NEVER);
    await storeAll(test.url, [image(2, 1).bytes]);
    const rival = image(2, 1, STUDY, 'RIVAL').bytes;
    const send = () => store(test.url, rival, { 'Content-Type': 'application/dicom' });
    expect(await send()).toMatchObject({
      status: 503,
      retryAfter: '10',
      verdicts: [{ kind: 'failed', reason: 'storage-unavailable' }],
    });
    await until(async () => (await send()).status !== 503);
    expect(await storeOne(test.url, rival)).toMatchObject({ kind: 'stored', reason: 'proposed-correction' });
  });
});

describe.skipIf(s3.server === undefined)(`a bucket that archives ${s3.reason ?? ''}`, () => {
  it('is asked to restore an object, which comes back when it can be read', async () => {
    if (s3.server === undefined) return;
    const proxy = await startFaultyProxy(s3.server.endpoint);
    later(() => proxy.close());
    const bucket = s3TestStore({ ...s3.server, endpoint: proxy.endpoint });
    later(bucket.remove);
    const cold = Object.fromEntries(
      Object.entries(bucket.environment).map(([name, value]) => [name.replace('S3_', 'S3_COLD_'), value]),
    );
    const archived = new ArchivedBucket();
    proxy.setFault((request) => archived.faultOf(request));
    const opened = await open({
      ...NO_UPKEEP,
      ...cold,
      SANDYQ_COLD_FOLDER: '',
      SANDYQ_COLD_READS: 'recall',
      SANDYQ_S3_COLD_STORAGE_CLASS: 'STANDARD',
    });
    const { test, ports, made } = opened;
    expect(await moveStudyToCold(ports, STUDY)).toMatchObject({ moved: 2, left: [] });
    expect(archived.storageClasses).toEqual(new Set(['STANDARD']));
    await endHotCopies(ports, 0, NEVER);
    expect(await hotKeys(opened)).toEqual([]);
    await requestRecall(test.archive.database, { studyInstanceUid: STUDY });
    await until(async () => archived.restored.size === 2);
    expect(await tiers(test)).toEqual(['cold', 'cold']);
    await test.archive.database.query({ text: 'update segment set recall_due = now()' });
    await until(async () => (await tiers(test)).every((tier) => tier === 'hot'));
    await expectAsSent(test, made);
  });
});

/** What a server does whose objects are archived as soon as they are put. */
class ArchivedBucket {
  readonly restored = new Set<string>();
  readonly storageClasses = new Set<string | undefined>();

  faultOf({ method, url, headers }: ProxiedRequest): ProxyFault {
    const [path = '', query = ''] = url.split('?');
    if (!path.endsWith('.tar')) return { kind: 'pass' };
    if (method === 'PUT') this.storageClasses.add(headers['x-amz-storage-class']?.toString());
    if (method === 'POST' && query.startsWith('restore')) {
      this.restored.add(path);
      return { kind: 'answer', status: 202 };
    }
    if (method !== 'GET' || this.restored.has(path)) return { kind: 'pass' };
    const body =
      '<?xml version="1.0"?><Error><Code>InvalidObjectState</Code><Message>archived</Message></Error>';
    return { kind: 'answer', status: 403, body, headers: { 'content-type': 'application/xml' } };
  }
}
