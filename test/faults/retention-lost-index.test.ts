/**
 * Studies and parts of studies that were disposed of stay so, and what is hidden stays hidden, in an index that is made
 * anew from the store and in a restored one that is older: both say what the lost one said.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Database,
  openDatabase,
  placeHold,
  rejectInstances,
  releaseHold,
  restoreRejection,
} from '@sandyq/database';
import { Tags } from '@sandyq/dicom';
import { exportDecision, settleFounders } from '@sandyq/indexing';
import type { Archive } from '@sandyq/service';
import { studyKeyPrefix } from '@sandyq/storage';
import { afterAll, describe, expect, it } from 'vitest';
import { startArchiveProcess } from '../support/archive-process.ts';
import { compareIndexes, compareRows } from '../support/compare-indexes.ts';
import { storeOne } from '../support/dicomweb.ts';
import { adopt, approvedPlan, execute, oldInstance, storeOldStudy } from '../support/disposing-archive.ts';
import { rawInstance } from '../support/raw-instance.ts';
import { RETENTION_ROWS } from '../support/retention-rows.ts';
import { runScript } from '../support/run-script.ts';
import { filesystemTestStore } from '../support/test-store.ts';
import {
  type ArchiveEnvironment,
  damagedObjects,
  reconcileNow,
  withArchive,
} from './support/archive-tools.ts';
import { dropDatabase, makeDatabase } from './support/databases.ts';

const [WHOLE, PART, HIDDEN, SHOWN] = ['2.25.501', '2.25.502', '2.25.503', '2.25.504'];

const cleanUps: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

describe('after dispositions', () => {
  it('an index that is made anew, and an older one, say what the lost one said', async () => {
    const dataFolder = await mkdtemp(join(tmpdir(), 'sandyq-retention-'));
    cleanUps.push(() => rm(dataFolder, { recursive: true, force: true }));
    const lost = environmentOf(dataFolder, await newDatabase());
    await storeStudies(lost);
    const older = environmentOf(dataFolder, await newDatabase(lost.DATABASE_URL));
    await withArchive(lost, async (archive) => {
      await dispose(archive);
      await settleFounders(archive);
    });
    const { store } = filesystemTestStore(dataFolder);
    expect(await Array.fromAsync(store.list(studyKeyPrefix(WHOLE)))).toEqual([]);
    // One segment of each series; that of which a part went is another one now.
    expect(await Array.fromAsync(store.list(studyKeyPrefix(PART)))).toHaveLength(2);

    const anew = environmentOf(dataFolder, await newDatabase());
    const { code, stderr } = await runScript('rebuild-index.ts', ['--json'], anew);
    expect(code, stderr).toBe(0);
    await expectSame(lost, anew);

    const report = await reconcileNow(older);
    expect(report).toMatchObject({ missing: [], failed: [], damaged: [] });
    await withArchive(older, settleFounders);
    await expectSame(lost, older);
    expect(await damagedObjects(store)).toEqual([]);
  });
});

/** Two series of two instances in each study; a request brings one study. */
async function storeStudies(environment: ArchiveEnvironment): Promise<void> {
  const archive = await startArchiveProcess('standalone', environment);
  try {
    for (const study of [WHOLE, PART, HIDDEN, SHOWN]) await storeOldStudy(archive.url, study);
    for (const study of [WHOLE, PART, HIDDEN]) await acceptOddities(archive.url, study);
  } finally {
    await archive.stop();
  }
}

/**
 * Quarantine has more of the second series: an instance that was sent to a wrong place, kept as an object of its own and
 * accepted; and two instances that contradict each other, of which the newcomer has replaced the first.
 */
async function acceptOddities(url: string, study: string): Promise<void> {
  const lost = oldInstance(study, { series: 2, number: 3 });
  const headers = { 'Content-Type': 'application/dicom', Accept: 'application/dicom+json' };
  const sent = await fetch(`${url}/dicom-web/studies/2.25.999`, { method: 'POST', headers, body: lost });
  expect(sent.status).toBe(409);
  await sent.body?.cancel();
  await decide(url, 'accept');
  const ids = { studyInstanceUid: study, seriesInstanceUid: `${study}.1`, sopInstanceUid: `${study}.2.1` };
  const contradicting = rawInstance(ids, [
    [Tags.PatientID, 'LO', `P${study}`],
    [Tags.PatientName, 'PN', `Name^${study}`],
    [Tags.StudyDate, 'DA', '20100501'],
    [Tags.Modality, 'CS', 'CT'],
  ]);
  expect(await storeOne(url, contradicting)).toMatchObject({ reason: 'duplicate-sop-instance' });
  await decide(url, 'replace');
}

/** On the only open entry. */
async function decide(url: string, decision: 'accept' | 'replace'): Promise<void> {
  const listed = await fetch(`${url}/admin/quarantine?state=open`);
  const { entries } = (await listed.json()) as { entries: { id: number }[] };
  expect(entries).toHaveLength(1);
  const decided = await fetch(`${url}/admin/quarantine/${entries[0]?.id}/${decision}`, { method: 'POST' });
  expect([await decided.text(), decided.status]).toEqual([expect.anything(), 200]);
}

/** One study goes by the schedule; of another an instance that was rejected by hand; holds keep the others. */
async function dispose(archive: Archive): Promise<void> {
  const { database } = archive;
  await adopt(archive);
  const reviewOn = '2100-01-01';
  const hold = { reason: 'inquiry', authority: 'court', owner: 'legal office', reviewOn };
  const [kept, released] = [randomUUID(), randomUUID()];
  for (const [legalHoldId, studyInstanceUids] of [
    [kept, [HIDDEN, SHOWN]],
    [released, [PART]],
  ] as const) {
    const scope = { kind: 'studies', studyInstanceUids } as const;
    await database.inTransaction((client) => placeHold(client, { ...hold, legalHoldId, scope }, 'anna'));
  }
  const whole = await approvedPlan(archive);
  expect(await execute(archive, whole)).toMatchObject({
    purged: { studies: 1, instances: 5 },
    isEnded: true,
  });

  const shown = await reject(database, SHOWN);
  const restoration = { rejectionId: shown, reason: 'by mistake', restoredBy: 'berik', now: new Date() };
  await database.inTransaction((client) => restoreRejection(client, restoration));
  await reject(database, HIDDEN, `${HIDDEN}.1`);
  await reject(database, PART, `${PART}.2`, [`${PART}.2.3`]);
  await reject(database, PART, `${PART}.1`, [`${PART}.2.1`]);
  const release = { legalHoldId: released, reason: 'it is over' };
  await database.inTransaction((client) => releaseHold(client, release, 'berik'));
  const part = await approvedPlan(archive, 'rejections');
  expect(await execute(archive, part)).toMatchObject({ purged: { studies: 2, instances: 2 }, isEnded: true });
  await exportDecision(archive);
}

async function reject(
  database: Database,
  studyInstanceUid: string,
  seriesInstanceUid?: string,
  sopInstanceUids?: readonly string[],
): Promise<string> {
  const rejectionId = randomUUID();
  const now = new Date();
  const scope = { studyInstanceUid, seriesInstanceUid, sopInstanceUids };
  const why = { reasonCode: '113037', reasonText: 'wrong side', rejectedBy: 'anna' } as const;
  await database.inTransaction((client) =>
    rejectInstances(client, { rejectionId, ...scope, ...why, now, restoreUntil: now }),
  );
  return rejectionId;
}

async function expectSame(first: ArchiveEnvironment, second: ArchiveEnvironment): Promise<void> {
  const [one, other] = [first, second].map(({ DATABASE_URL }) =>
    openDatabase({ connectionString: DATABASE_URL }),
  );
  if (one === undefined || other === undefined) throw new Error('two databases are compared');
  try {
    expect(await compareRows(one, other, RETENTION_ROWS)).toEqual([]);
    expect(await compareIndexes(one, other)).toEqual([]);
  } finally {
    await one.close();
    await other.close();
  }
}

async function newDatabase(copyOf?: string): Promise<string> {
  const made = await makeDatabase(copyOf);
  cleanUps.push(() => dropDatabase(made));
  return made;
}

function environmentOf(dataFolder: string, connectionString: string): ArchiveEnvironment {
  return {
    SANDYQ_DATA: dataFolder,
    DATABASE_URL: connectionString,
    SANDYQ_COMPACT_BYTES_PER_SECOND: '0',
    SANDYQ_COMPACT_AFTER_SECONDS: '3600',
    SANDYQ_SUPERSEDE_GRACE_SECONDS: '0',
  };
}
