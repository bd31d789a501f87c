/** Rounds of kill -9: start, push, kill, start again, look; at the end recover, look at everything, send everything again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '@sandyq/database';
import type { ObjectStore } from '@sandyq/storage';
import { type ArchiveProcess, startArchiveProcess } from '../../support/archive-process.ts';
import { storeMany } from '../../support/dicomweb.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { type ArchiveEnvironment, damagedObjects, missingNewcomers, reconcileNow } from './archive-tools.ts';
import { ImportUnderFire } from './import-under-fire.ts';
import { type Findings, look, noFindings } from './what-is-there.ts';

/** What is killed, and what its rounds stand on. */
export interface KillRoundsOptions {
  readonly rounds: number;
  readonly seed: number;
  /** Settings of the standalone archive. */
  readonly environment: Readonly<Record<string, string>>;
  readonly store: ObjectStore;
  /** The database of the running archive, for looking at it and for reconciling. */
  readonly openDatabase: () => Promise<{ readonly database: Database; readonly connectionString: string }>;
  /** Ends the archive without warning. */
  readonly kill: (archive: ArchiveProcess) => Promise<void>;
}

/** What came of it. Everything listed in `faults` is one. */
export interface KillRoundsReport {
  readonly sent: number;
  readonly acknowledged: number;
  /** Not acknowledged, but there and whole. */
  readonly survivors: number;
  /** Segments that a later process found stored or sealed, and indexed. */
  readonly replayed: number;
  /** Corrections and quarantined newcomers whose sender was told that they are kept. */
  readonly kept: number;
  readonly faults: Omit<Findings, 'survivors'> & {
    /** Verdicts that no import should get. */
    readonly unexpectedVerdicts: readonly string[];
    /** Objects of the store that are not whole. */
    readonly damaged: readonly string[];
    /** Newcomers that are not kept any more. */
    readonly keptLost: readonly string[];
    /** What was wrong after everything had been sent again. */
    readonly afterSendingAgain: readonly string[];
  };
}

/** The kill comes after so many answers at most, and then within so many milliseconds: whatever the machine's pace. */
const MOST_ANSWERS = 30;
const LATEST_KILL_MS = 60;
const SENT_AGAIN_AT_ONCE = 50;

/** Runs the rounds. Throws only if the archive does not start or answers what no archive should. */
export async function runKillRounds(options: KillRoundsOptions): Promise<KillRoundsReport> {
  const random = new SeededRandom(options.seed);
  const run = new ImportUnderFire(random);
  const findings = noFindings();
  let log = '';
  let archive = await startArchiveProcess('standalone', options.environment);
  try {
    for (let round = 1; round <= options.rounds; round += 1) {
      const current = archive;
      await run.pushUntilGone(current.url, random.integer(0, MOST_ANSWERS), async () => {
        await sleep(random.integer(0, LATEST_KILL_MS));
        await options.kill(current);
      });
      log += current.output();
      archive = await startArchiveProcess('standalone', options.environment);
      await look(archive.url, run.ofThisRound(), run.sent, findings);
    }
    const report = await takeStock(archive, { options, run, findings, log });
    await archive.stop();
    return report;
  } finally {
    await options.kill(archive);
  }
}

interface Stock {
  readonly options: KillRoundsOptions;
  readonly run: ImportUnderFire;
  readonly findings: Findings;
  readonly log: string;
}

async function takeStock(
  archive: ArchiveProcess,
  { options, run, findings, log }: Stock,
): Promise<KillRoundsReport> {
  const instances = [...run.sent.values()];
  const acknowledged = instances.filter((instance) => instance.acknowledged).length;
  const { database, connectionString } = await options.openDatabase();
  const environment: ArchiveEnvironment = { ...options.environment, DATABASE_URL: connectionString };
  try {
    const { replayed } = await reconcileNow(environment);
    const { survivors } = await lookAtAll(archive.url, run, findings);
    const { survivors: _, ...wrong } = findings;
    return {
      sent: instances.length,
      acknowledged,
      survivors,
      replayed: replayed + timesIn(log + archive.output(), '"event":"segment-replayed"'),
      kept: run.kept.length,
      faults: {
        ...wrong,
        unexpectedVerdicts: run.unexpected,
        damaged: await damagedObjects(options.store),
        keptLost: await missingNewcomers(database, options.store, run.kept),
        afterSendingAgain: await sendAllAgain(archive.url, run),
      },
    };
  } finally {
    await database.close();
  }
}

/** Adds what is wrong now to the findings. */
async function lookAtAll(
  url: string,
  run: ImportUnderFire,
  findings: Findings,
): Promise<{ readonly survivors: number }> {
  const before = findings.survivors.length;
  await look(url, [...run.sent.values()], run.sent, findings);
  return { survivors: findings.survivors.length - before };
}

/** What a sender does that got no answer: then everything is there, once. Returns what is not as it should be. */
async function sendAllAgain(url: string, run: ImportUnderFire): Promise<string[]> {
  const wrong: string[] = [];
  const instances = [...run.sent.values()];
  for (let at = 0; at < instances.length; at += SENT_AGAIN_AT_ONCE) {
    const some = instances.slice(at, at + SENT_AGAIN_AT_ONCE);
    const { verdicts } = await storeMany(
      url,
      some.map(({ bytes }) => bytes),
    );
    if (verdicts.length !== some.length) wrong.push(`${verdicts.length} verdicts on ${some.length} parts`);
    for (const { kind, reason, sopInstanceUid } of verdicts) {
      if (kind !== 'stored' || reason !== undefined) wrong.push(`${sopInstanceUid}: ${kind} ${reason}`);
    }
    for (const instance of some) instance.acknowledged = true;
  }
  const findings = noFindings();
  await lookAtAll(url, run, findings);
  return [...wrong, ...Object.values(findings).flat()];
}

function timesIn(text: string, what: string): number {
  return text.split(what).length - 1;
}
