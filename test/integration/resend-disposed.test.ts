/** What was disposed of and is sent again: kept in quarantine with the day of its disposition, never taken in. */
import { Readable } from 'node:stream';
import { listQuarantine } from '@sandyq/database';
import { Tags } from '@sandyq/dicom';
import { reconcilePorts } from '@sandyq/index';
import { indexSegment, isAnythingWrong, receiveInstance, reconcile, type Verdict } from '@sandyq/indexing';
import { DEFAULT_FACILITY_CODE } from '@sandyq/service';
import { type SegmentWriter, storeSegment } from '@sandyq/storage';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { get, mustStore, storeOne } from '../support/dicomweb.ts';
import { adopt, approvedPlan, execute, oldInstance, storeOldStudy } from '../support/disposing-archive.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

const STUDY = '2.25.4100.1';

let test: TestArchive;

beforeAll(async () => {
  test = await startArchive({ environment: { SANDYQ_COMPACT_BYTES_PER_SECOND: '0' } });
  await adopt(test.archive);
  await storeOldStudy(test.url, STUDY);
  const plan = await approvedPlan(test.archive);
  await execute(test.archive, plan, { graceDays: 0 });
});
afterAll(() => test?.stop());

const today = () => new Date().toISOString().slice(0, 10);
const instance = `${STUDY}.1.1`;

async function openEntries() {
  return listQuarantine(test.archive.database, { state: 'open' }, 100);
}

it('is 410 at every level, for whoever asks', async () => {
  const study = `${test.url}/dicom-web/studies/${STUDY}`;
  const paths = [
    study,
    `${study}/metadata`,
    `${study}/series/${STUDY}.1`,
    `${study}/series/${STUDY}.1/metadata`,
  ];
  const urls = [
    ...paths,
    `${study}/series/${STUDY}.1/instances/${instance}`,
    `${study}/series/${STUDY}.1/instances/${instance}/metadata`,
    `${test.url}/originals/${STUDY}/${STUDY}.1/${instance}`,
  ];
  for (const url of urls) {
    const { status, body } = await get(url);
    expect([url, status]).toEqual([url, 410]);
    expect(String(JSON.parse(body.toString())['message'])).toContain(`disposed of on ${today()}`);
  }
  expect((await get(`${study}/series/${STUDY}.1/instances/9.9.9`)).status).toBe(404);
});

it('is kept once in an object of its own, and no decision takes it in', async () => {
  const again = oldInstance(STUDY);
  for (const bytes of [again, again, again])
    expect(await storeOne(test.url, bytes)).toMatchObject({ kind: 'failed', reason: 'disposed-instance' });
  const [entry, ...others] = await openEntries();
  expect(others).toEqual([]);
  expect(entry).toMatchObject({
    reason: 'disposed-instance',
    message: `the instance of this SOP Instance UID was disposed of on ${today()}`,
    timesReceived: 3,
    segmentId: undefined,
    sopInstanceUid: instance,
  });
  for (const decision of ['accept', 'replace', 'judge-again']) {
    const url = `${test.url}/admin/quarantine/${entry?.quarantineId}/${decision}`;
    const answer = await fetch(url, { method: 'POST' });
    expect([decision, answer.status]).toEqual([decision, 409]);
    expect(await answer.text()).toContain('new SOP Instance UID');
  }
  expect((await get(`${test.url}/admin/quarantine/${entry?.quarantineId}/bytes`)).body).toEqual(again);
});

it('leaves the way free for other instances of the study', async () => {
  const url = await mustStore(test.url, oldInstance(STUDY, { series: 3 }));
  expect((await get(url)).status).toBe(200);
});

/** What the process does that looked for the UID just before it was entombed. */
async function storeWithoutLooking(bytes: Buffer): Promise<Verdict[]> {
  const { archive } = test;
  const ports = reconcilePorts(archive);
  const facility = await ports.directory.facilityByCode(DEFAULT_FACILITY_CODE);
  if (facility === undefined) throw new Error('there is a default facility');
  const sender = { principalId: 'test', facility, device: undefined, devices: [] };
  let segment: SegmentWriter | undefined;
  const reception = await receiveInstance<Verdict>(Readable.from([bytes]), {
    sender,
    acquire: async ({ studyInstanceUid, seriesInstanceUid }) => {
      segment = await archive.spool.create({
        studyInstanceUid,
        seriesInstanceUid,
        facility: facility.code,
        device: undefined,
        principal: 'test',
        receivedAt: new Date().toISOString(),
        source: { kind: 'received' },
      });
      return segment;
    },
    keepRefused: () => Promise.reject(new Error('nothing is refused')),
    verdictOnRepeat: () => Promise.resolve(undefined),
  });
  if (reception.kind !== 'received' || segment === undefined) throw new Error('it is received');
  const sealed = await segment.seal();
  await storeSegment(archive.store, sealed);
  const verdicts = await indexSegment(ports, sender, sealed, [reception.instance]);
  await archive.spool.remove(sealed);
  return verdicts;
}

it('stays in quarantine as an entry of its segment where it was looked for too early', async () => {
  const study = '2.25.4100.2';
  await storeOldStudy(test.url, study);
  await execute(test.archive, await approvedPlan(test.archive), { graceDays: 0 });
  const again = oldInstance(study, { elements: [[Tags.SeriesDescription, 'LO', 'again']] });
  expect(await storeWithoutLooking(again)).toEqual([{ kind: 'failed', reason: 'disposed-instance' }]);
  const before = (await openEntries()).find(({ sopInstanceUid }) => sopInstanceUid === `${study}.1.1`);
  expect(before?.segmentId).toBeDefined();
  const ports = reconcilePorts(test.archive);
  for (let round = 1; round <= 2; round += 1) {
    const report = await reconcile(ports, { dryRun: false, minimumAgeMs: 0, now: () => new Date() });
    expect({ report, isWrong: isAnythingWrong(report) }).toMatchObject({ isWrong: false });
  }
  expect((await openEntries()).filter(({ sopInstanceUid }) => sopInstanceUid === `${study}.1.1`)).toEqual([
    before,
  ]);
  const bytes = await get(`${test.url}/admin/quarantine/${before?.quarantineId}/bytes`);
  expect(bytes.body).toEqual(again);
});
