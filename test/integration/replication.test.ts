/**
 * The replica is a verified copy of the store, made in the background: nobody waits for it, it may be away, it is never
 * overwritten, and damage does not go there.
 */
import { enterReplica } from '@sandyq/database';
import { mountIndex } from '@sandyq/index';
import { createS3Store } from '@sandyq/storage';
import { type FaultyProxy, s3ForTests, startFaultyProxy } from '@sandyq/storage/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alter, bytesOf, flip } from '../support/altered-objects.ts';
import { waitForSupersession } from '../support/deploy-archive.ts';
import { get, storeAll } from '../support/dicomweb.ts';
import type { MadeInstance } from '../support/made-instances.ts';
import { SeededRandom, testSeed } from '../support/seeded-random.ts';
import { FixityArchive } from './fixity-archive.ts';

const seed = testSeed();
const s3 = await s3ForTests();
afterAll(() => s3.release());

describe.skipIf(s3.server === undefined)(`a replica ${s3.reason ?? ''} (SANDYQ_TEST_SEED=${seed})`, () => {
  const random = new SeededRandom(seed);
  let proxy: FaultyProxy;
  let archive: FixityArchive;

  beforeAll(async () => {
    if (s3.server === undefined) return;
    proxy = await startFaultyProxy(s3.server.endpoint);
    archive = await FixityArchive.start({
      replica: { ...s3.server, endpoint: proxy.endpoint },
      environment: { SANDYQ_SUPERSEDE_GRACE_SECONDS: '0' },
    });
  });
  afterAll(async () => {
    comesBack();
    await archive?.stop();
    await proxy?.close();
  });

  const goesAway = () => proxy.setFault(() => ({ kind: 'break-before' }));
  const comesBack = () => proxy?.setFault(() => ({ kind: 'pass' }));
  const eventsLogged = () => archive.lines.map(({ event }) => event);
  const replica = () => {
    if (archive.replica === undefined) throw new Error('it was started with one');
    return archive.replica.store;
  };

  /** The replica, when the archive cannot reach it. */
  const directly = () => {
    if (s3.server === undefined) throw new Error('it was started with one');
    const prefix = `${archive.replica?.environment['SANDYQ_S3_PREFIX']}/`;
    return createS3Store({ ...s3.server, prefix });
  };

  /** Store and replica have the same objects, byte for byte. */
  async function expectCopy(): Promise<string[]> {
    const keys = await archive.keys('');
    expect(await archive.keys('', replica())).toEqual(keys);
    for (const key of keys) {
      expect((await bytesOf(replica(), key)).equals(await bytesOf(archive.store, key)), key).toBe(true);
    }
    return keys;
  }

  const first = ([instance]: readonly MadeInstance[]): MadeInstance => {
    if (instance === undefined) throw new Error('one study at least');
    return instance;
  };

  it('gets every segment, quarantine object and journal batch, once, by whichever process', async () => {
    const second = mountIndex(archive.test.archive);
    const made = await archive.storeStudies(random, 12);
    await archive.refuse(made.slice(0, 3));
    await archive.addJournalBatch('FIRST');
    await archive.settled();
    const keys = await expectCopy();
    expect(keys.filter((key) => key.startsWith('v1/'))).toHaveLength(12);
    expect(keys.filter((key) => key.startsWith('quarantine/'))).toHaveLength(3);
    expect(keys.filter((key) => key.startsWith('journal/')).length).toBeGreaterThan(0);
    const puts = proxy.seen.filter((line) => line.startsWith('PUT ') && line.includes('/v1/'));
    expect(puts).toHaveLength(12);
    await second.stop?.();
  });

  it('may be away: senders and probes do not notice, what waits is counted, and it is copied when it is back', async () => {
    goesAway();
    const made = await archive.storeStudies(random, 3);
    expect((await get(`${archive.test.url}/readyz`)).status).toBe(200);
    expect(await archive.servedWrong(made)).toEqual([]);
    const status = await archive.status();
    expect(status.segments).toMatchObject({ objects: 3, damaged: 0, conflicts: 0 });
    expect(status.segments.bytes).toBeGreaterThan(3 * 20_000);
    expect(status.segments.oldestSeconds).toBeGreaterThan(0);
    const shown = await archive.admin('replication', 'status', '--json');
    expect({ code: shown.code, ...JSON.parse(shown.stdout) }).toMatchObject({
      code: 0,
      isReachable: false,
      segments: { objects: 3 },
    });
    const { body } = await get(`${archive.test.url}/admin/replication`);
    expect(JSON.parse(body.toString())).toMatchObject({ isReachable: false, segments: { objects: 3 } });
    // The client repeats a request for some seconds; a shorter absence is none.
    await expect.poll(eventsLogged, { timeout: 60_000 }).toContain('replication-halted');
    comesBack();
    await archive.settled();
    await expectCopy();
    expect(eventsLogged()).toContain('replication-resumed');
  });

  it('does not get what is damaged; that is on record, and copied once it is whole again', async () => {
    goesAway();
    const instance = first(await archive.storeStudies(random, 1));
    const key = await archive.keyOf(instance);
    const right = await bytesOf(archive.store, key);
    await alter(archive.store, key, flip(700, 3));
    comesBack();
    await expect.poll(async () => (await archive.status()).segments.damaged, { timeout: 30_000 }).toBe(1);
    expect(await replica().stat(key)).toBeUndefined();
    expect(archive.lines).toContainEqual(
      expect.objectContaining({ event: 'segment-damaged', objectKey: key, component: 'entry' }),
    );
    expect((await archive.report('--repair')).report).toMatchObject({ notRepairable: 1, isWhole: false });
    await alter(archive.store, key, () => right);
    expect((await archive.report('--repair')).report).toMatchObject({ damaged: 0, isWhole: true });
    await archive.settled();
    await expectCopy();
  });

  it('is never overwritten: something else under a key is an alarm until it is repaired', async () => {
    goesAway();
    const instance = first(await archive.storeStudies(random, 1));
    const key = await archive.keyOf(instance);
    const foreign = random.bytes(2_000);
    await directly().putBytes(key, foreign);
    comesBack();
    await expect.poll(async () => (await archive.status()).segments.conflicts, { timeout: 30_000 }).toBe(1);
    expect((await bytesOf(replica(), key)).equals(foreign)).toBe(true);
    expect(archive.lines).toContainEqual(
      expect.objectContaining({ event: 'replica-conflict', objectKey: key }),
    );
    const { code, report } = await archive.report('--replica');
    expect(code).toBe(1);
    expect(report.findings).toMatchObject([
      { store: 'replica', key, condition: 'damaged', outcome: 'found' },
    ]);
    const repaired = await archive.report('--replica', '--repair');
    expect(repaired.report.findings).toMatchObject([{ store: 'replica', key, outcome: 'repaired' }]);
    expect(repaired.code).toBe(0);
    await archive.settled();
    await expectCopy();
  });

  it('has what it lost, or what rotted there, put back by --replica --repair', async () => {
    const [lost, rotten] = await archive.keys('v1/', replica());
    const [, batch] = await archive.keys('journal/', replica());
    const [quarantined] = await archive.keys('quarantine/', replica());
    const damaged = [lost, rotten, batch ?? (await archive.keys('journal/'))[0], quarantined].map(
      (key) => key ?? '',
    );
    await alter(replica(), damaged[0] ?? '', () => undefined);
    for (const key of damaged.slice(1)) await alter(replica(), key, flip(100, random.integer(0, 8)));
    const { code, report } = await archive.report('--replica', '--repair');
    expect(new Map(report.findings.map(({ key, outcome }) => [key, outcome]))).toEqual(
      new Map(damaged.map((key) => [key, 'repaired'])),
    );
    expect(code).toBe(0);
    await archive.settled();
    await expectCopy();
  });

  it('loses what was superseded or discarded here, and nothing else', async () => {
    const made = await archive.storeStudies(random, 1);
    await archive.settled();
    const before = await archive.keys('v1/');
    // One request of the same and a new instance of it would keep its segment: the same alone does not.
    await storeAll(archive.test.url, [first(made).bytes]);
    await waitForSupersession(archive.test.testDatabase);
    const [entry] = await archive.quarantined();
    const url = `${archive.test.url}/admin/quarantine/${entry?.quarantineId}/discard`;
    expect((await fetch(url, { method: 'POST' })).status).toBe(200);
    expect(await archive.store.stat(entry?.objectKey ?? '')).toBeUndefined();
    await archive.settled();
    expect(await replica().stat(entry?.objectKey ?? '')).toBeUndefined();
    expect(await archive.keys('v1/')).toEqual(before);
    await expectCopy();
  });

  it('is filled from the beginning when another one is configured; what it has is compared', async () => {
    const { database } = archive.test.testDatabase;
    const puts = () => proxy.seen.filter((line) => line.startsWith('PUT ') && line.includes('/v1/')).length;
    const before = puts();
    goesAway();
    while (await enterReplica(database, 'elsewhere'));
    const { segments } = await archive.status();
    expect(segments.objects).toBe((await archive.keys('v1/')).length);
    comesBack();
    await archive.settled();
    expect(puts()).toBe(before);
    await expectCopy();
  });
});
