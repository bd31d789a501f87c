/**
 * kill -9 of a process that carries a plan out, at each of its steps: nothing is deleted that the journal of the store does
 * not name, and whoever takes it up comes to the same end, which is certified, and which an index made anew knows.
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listCertificates, readCertificate, readPlan } from '@sandyq/database';
import { createTestDatabase } from '@sandyq/database/testing';
import {
  certificateFile,
  issueCertificates,
  resumeDispositions,
  verifyCertificate,
} from '@sandyq/disposition';
import { certificatePorts, purgePorts } from '@sandyq/index';
import { readBatch } from '@sandyq/indexing';
import type { Archive } from '@sandyq/service';
import { journalPrefix, type ObjectStore, openSegment, studyKeyPrefix } from '@sandyq/storage';
import { afterEach, describe, expect, it } from 'vitest';
import { startArchiveProcess } from '../support/archive-process.ts';
import { compareRows } from '../support/compare-indexes.ts';
import { adopt, approvedPlan, execute, rejectNow, storeOldStudy } from '../support/disposing-archive.ts';
import { RETENTION_ROWS } from '../support/retention-rows.ts';
import { runScript } from '../support/run-script.ts';
import { filesystemTestStore } from '../support/test-store.ts';
import {
  type ArchiveEnvironment,
  reconcileNow,
  recoverSpoolNow,
  withArchive,
} from './support/archive-tools.ts';
import {
  type DispositionStep,
  killAtSteps,
  partSteps,
  wholeStudySteps,
} from './support/disposition-steps.ts';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A study, what is to go of it, and the step at which that is killed. */
interface Round {
  readonly step: DispositionStep;
  readonly study: string;
  readonly isWhole: boolean;
  readonly planId: string;
  /** Keys of its objects before. */
  readonly keys: readonly string[];
}

describe('a process that is killed while it carries a plan out', () => {
  it('at any step has deleted nothing in secret, and another one comes to the same end', async () => {
    const { environment, store } = await newArchive();
    const rounds = await prepareRounds(environment, store);
    await killAtSteps(rounds, environment);
    await expectNothingInSecret(store, rounds);
    await recoverSpoolNow(environment);
    await withArchive(environment, (archive) => carryOn(archive, rounds));
    await reconcileNow(environment);
    await withArchive(environment, async (archive) => {
      await resumeDispositions(purgePorts(archive));
      for (const round of rounds) await expectTheEnd(archive, round);
    });
    await expectSameAnew(environment);
  });
});

async function newArchive() {
  const dataFolder = await mkdtemp(join(tmpdir(), 'sandyq-disposition-'));
  cleanUps.push(() => rm(dataFolder, { recursive: true, force: true }));
  const database = await createTestDatabase();
  cleanUps.push(database.drop);
  const signingKey = join(dataFolder, 'key.pem');
  const { privateKey } = generateKeyPairSync('ed25519');
  await writeFile(signingKey, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const environment: ArchiveEnvironment = {
    SANDYQ_DATA: dataFolder,
    DATABASE_URL: database.connectionString,
    SANDYQ_SIGNING_KEY: signingKey,
    // Some steps are within a transaction.
    SANDYQ_DATABASE_CONNECTIONS: '40',
    SANDYQ_COMPACT_BYTES_PER_SECOND: '0',
    // What is deleted here is deleted by dispositions.
    SANDYQ_SUPERSEDE_GRACE_SECONDS: '3600',
  };
  return { environment, store: filesystemTestStore(dataFolder).store };
}

/** A study and a plan of its own for each step. */
async function prepareRounds(environment: ArchiveEnvironment, store: ObjectStore): Promise<Round[]> {
  const steps = [
    ...wholeStudySteps.map((step) => ({ step, isWhole: true })),
    ...partSteps.map((step) => ({ step, isWhole: false })),
  ];
  const { url, stop } = await startArchiveProcess('standalone', environment);
  const rounds = await withArchive(environment, async (archive) => {
    await adopt(archive);
    const prepared: Round[] = [];
    for (const [index, { step, isWhole }] of steps.entries()) {
      const study = `2.25.700.${index}`;
      await storeOldStudy(url, study);
      const part = { seriesInstanceUid: `${study}.1`, sopInstanceUids: [`${study}.1.1`] };
      if (!isWhole) await rejectNow(archive, { studyInstanceUid: study, ...part });
      const { planId } = await approvedPlan(archive, isWhole ? 'schedule' : 'rejections');
      prepared.push({ step, study, isWhole, planId, keys: await keysOf(store, study) });
    }
    return prepared;
  });
  // It would take up what is begun.
  await stop();
  return rounds;
}

async function keysOf(store: ObjectStore, study: string): Promise<string[]> {
  return (await Array.fromAsync(store.list(studyKeyPrefix(study)))).map(({ key }) => key);
}

/** Whatever is gone is named by the journal of the store. */
async function expectNothingInSecret(store: ObjectStore, rounds: readonly Round[]): Promise<void> {
  const named = new Set<string>();
  for await (const { key } of store.list(journalPrefix)) {
    for (const line of (await readBatch(store, key)).batch.lines)
      if (line.kind === 'purge-begun') for (const objectKey of line.fact.objectKeys) named.add(objectKey);
  }
  for (const { study, keys, step } of rounds) {
    const left = await keysOf(store, study);
    const gone = keys.filter((key) => !left.includes(key));
    expect(
      gone.filter((key) => !named.has(key)),
      step,
    ).toEqual([]);
  }
}

/** As whoever repeats the command, and the archive in the background. */
async function carryOn(archive: Archive, rounds: readonly Round[]): Promise<void> {
  const { database } = archive;
  for (const { planId } of rounds) {
    if ((await readPlan(database, planId)).state === 'approved') await execute(archive, { planId });
    await issueCertificates(await certificatePorts(archive), planId, 'executor');
  }
}

async function expectTheEnd({ database, store }: Archive, round: Round): Promise<void> {
  const { step, study, isWhole, planId, keys } = round;
  const left = await keysOf(store, study);
  const receipts = await Promise.all(left.map((key) => openSegment(store, key)));
  const entries = receipts.flatMap(({ receipt }) => receipt.entries.map((entry) => entry.sopInstanceUid));
  // What was copied and not swapped is a copy of what is kept: it goes as any other, when its grace has passed.
  const kept = isWhole ? [] : [`${study}.1.2`, `${study}.2.1`, `${study}.2.2`];
  expect({ step, entries: [...new Set(entries)].sort() }).toEqual({ step, entries: kept });
  expect(left.filter((key) => keys.includes(key)).length, step).toBe(isWhole ? 0 : 1);
  const state = await database.query({
    text: `select (select count(*) from sop_instance p join disposition d using (disposition_id)
        where d.study_instance_uid = $1) as tombstones,
      (select count(*) from disposition where study_instance_uid = $1 and ended_at is not null) as ended,
      (select count(*) from disposition where study_instance_uid = $1) as dispositions,
      (select count(*) from study where study_instance_uid = $1) as studies,
      (select state from disposition_plan where plan_id = $2) as plan`,
    values: [study, planId],
  });
  const tombstones = isWhole ? 4 : 1;
  expect(state.rows, step).toEqual([
    { tombstones, ended: 1, dispositions: 1, studies: isWhole ? 0 : 1, plan: 'ended' },
  ]);
  const certificates = await listCertificates(database, { planId }, 10);
  expect(certificates, step).toHaveLength(1);
  const certificate = await readCertificate(database, certificates[0]?.certificateId ?? '');
  const { statement } = verifyCertificate(certificateFile(certificate), certificate.publicKey);
  expect(statement.studies, step).toMatchObject([{ studyInstanceUid: study, instances: tombstones }]);
}

/** An index that is made anew from the store says the same of holds, rejections, dispositions, certificates. */
async function expectSameAnew(environment: ArchiveEnvironment): Promise<void> {
  const database = await createTestDatabase();
  cleanUps.push(database.drop);
  const anew = { ...environment, DATABASE_URL: database.connectionString };
  const { code, stderr } = await runScript('rebuild-index.ts', ['--json'], anew);
  expect(code, stderr).toBe(0);
  await withArchive(environment, (first) =>
    withArchive(anew, async (second) => {
      expect(await compareRows(first.database, second.database, RETENTION_ROWS)).toEqual([]);
    }),
  );
}
