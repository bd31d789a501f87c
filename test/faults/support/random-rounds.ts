/** Rounds of random faults under load: break, mend, see whether it recovers without a hand, look at everything. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3TestServer } from '@sandyq/storage/testing';
import { residentBytes as residentBytesOf } from '../../performance/resident-memory.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { missingNewcomers } from './archive-tools.ts';
import { allFaults } from './faults.ts';
import { type FaultyArchive, startFaultyArchive } from './faulty-archive.ts';
import { type Entry, Ledger } from './ledger.ts';
import { metricOf, openFilesIn, spoolFiles, until } from './open-resources.ts';
import type { Damage, Fault, Scene } from './scene.ts';
import { imageOf, type SentInstance } from './sent-instances.ts';
import { fetchOriginal, Traffic } from './traffic.ts';
import { look, noFindings } from './what-is-there.ts';

/** What to run. */
export interface RandomRoundsOptions {
  readonly seed: number;
  readonly s3: S3TestServer | undefined;
  /** Most rounds. */
  readonly rounds: number;
  /** No round begins after this time. */
  readonly limitMs: number;
  /** Name of the one fault to be tried; undefined: all. */
  readonly only?: string | undefined;
}

/** One round. */
export interface Round {
  readonly number: number;
  readonly fault: string;
  /** From the moment that everything was mended until it was as before. */
  readonly recoveryMs: number;
}

/** What came of it. */
export interface RandomRoundsReport {
  readonly rounds: readonly Round[];
  readonly damages: readonly Damage[];
  readonly ledger: Ledger;
  /** Log lines of the answers 500. */
  readonly failures: readonly string[];
  /** The most that a process held at the end, bytes. */
  readonly residentBytes: number;
}

const RECOVERY_LIMIT_MS = 60_000;
const AT_ONCE = 8;

export async function runRandomRounds(options: RandomRoundsOptions): Promise<RandomRoundsReport> {
  const archive = await startFaultyArchive(options.s3);
  try {
    return await runIn(archive, options);
  } finally {
    await archive.stop();
  }
}

async function runIn(archive: FaultyArchive, options: RandomRoundsOptions): Promise<RandomRoundsReport> {
  const random = new SeededRandom(options.seed);
  const ledger = new Ledger(random);
  const traffic = new Traffic(ledger, new SeededRandom(random.integer(0, 2 ** 31)), () => archive.urls());
  const scene: Scene = { archive, ledger, traffic, random };
  const schedule = scheduleOf(archive, random, options.only);
  const [rounds, damages]: [Round[], Damage[]] = [[], []];
  const startedAt = performance.now();
  ledger.beginRound();
  traffic.begin();
  try {
    await sleep(500);
    while (rounds.length < options.rounds && performance.now() - startedAt < options.limitMs) {
      const fault = schedule();
      ledger.beginRound();
      const { damages: injured = [], mendedAt = performance.now() } = await fault.run(scene);
      damages.push(...injured);
      const recoveryMs = await recover(scene, fault, mendedAt);
      rounds.push({ number: ledger.round, fault: fault.name, recoveryMs });
      await lookAt(scene, ledger.acknowledgedIn(ledger.round));
    }
  } finally {
    await traffic.end();
  }
  await lookAtEverything(scene);
  const residentBytes = Math.max(...archive.processes.map(({ pid }) => residentBytesOf(pid)));
  const failures = archive.log().split('\n').filter(isFailure);
  return { rounds, damages, ledger, failures, residentBytes };
}

function isFailure(line: string): boolean {
  return line.includes('"event":"request-failed"') && line.includes('"status":500');
}

/** Every possible fault, in random order, turn after turn. */
function scheduleOf(archive: FaultyArchive, random: SeededRandom, only: string | undefined): () => Fault {
  const possible = allFaults.filter(
    ({ name, isPossible }) => isPossible(archive) && (only === undefined || name === only),
  );
  let turns = 0;
  let left: Fault[] = [];
  return () => {
    if (left.length === 0) {
      turns += 1;
      left = shuffled(
        possible.filter(({ everyTurns = 1 }) => only !== undefined || turns % everyTurns === 0),
        random,
      );
    }
    const next = left.pop();
    if (next === undefined) throw new Error('no fault is possible');
    return next;
  };
}

function shuffled<Item>(items: readonly Item[], random: SeededRandom): Item[] {
  return items
    .map((item) => ({ item, place: random.next() }))
    .sort((left, right) => left.place - right.place)
    .map(({ item }) => item);
}

/** Waits until every process is ready, stores and serves, and nothing is left over. Returns how long it took. */
async function recover(scene: Scene, fault: Fault, mendedAt: number): Promise<number> {
  const { archive, traffic } = scene;
  const deadline = performance.now() + RECOVERY_LIMIT_MS;
  for (const url of archive.urls()) {
    await until(`${fault.name}: ${url} is ready again`, () => isReady(url), deadline - performance.now());
    const stored = await traffic.storeForSure(url, deadline);
    await lookAt(scene, [stored]);
  }
  const recoveryMs = performance.now() - mendedAt;
  await traffic.whileQuiet(() => assertNothingLeft(scene, fault));
  return recoveryMs;
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/readyz`);
  await answer.arrayBuffer();
  return answer.status === 200;
}

/** While nobody asks anything, nothing may be held. */
async function assertNothingLeft({ archive, ledger }: Scene, fault: Fault): Promise<void> {
  const left = async (): Promise<string[]> => {
    const found = (await spoolFiles(archive.dataFolder)).map((name) => `spool file ${name}`);
    for (const { pid, url } of archive.processes) {
      const bytes = await metricOf(url, 'store_in_flight_bytes');
      if (bytes > 0) found.push(`${bytes} bytes reserved`);
      found.push(...(await openFilesIn(archive.dataFolder, pid)).map((name) => `open file ${name}`));
    }
    return found;
  };
  try {
    await until('nothing is left', async () => (await left()).length === 0, 20_000);
  } catch {
    ledger.note('leak', `${fault.name}: ${(await left()).slice(0, 5).join(', ')}`);
  }
}

/** Reads them back: what was acknowledged is there with the right bytes, but for what a fault itself destroyed. */
async function lookAt({ archive, ledger }: Scene, entries: readonly Entry[]): Promise<void> {
  const queue = entries.values();
  const url = archive.urls()[0] ?? '';
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const entry of queue) await lookAtOne(url, entry, ledger);
    }),
  );
}

async function lookAtOne(url: string, entry: Entry, ledger: Ledger): Promise<void> {
  const { status, sha256 } = await fetchOriginal(url, entry);
  const round = entry.acknowledgedIn ?? entry.round;
  if (status === 200 && sha256 !== entry.sha256) ledger.note('altered', entry.sopInstanceUid, round);
  if (status === 200 || entry.destroyedIn !== undefined) return;
  ledger.note('lost', `${entry.sopInstanceUid}: ${status}`, round);
}

/** Everything that the archive shows, against everything that was sent. */
async function lookAtEverything({ archive, ledger }: Scene): Promise<void> {
  const all = new Map([...ledger.entries].map(([uid, entry]) => [uid, remembered(entry)]));
  const findings = noFindings();
  const instances = [...all.values()].filter(
    ({ sopInstanceUid }) => ledger.entries.get(sopInstanceUid)?.destroyedIn === undefined,
  );
  await look(archive.urls()[0] ?? '', instances, all, findings);
  const roundOf = (what: string): number => {
    const entry = ledger.entries.get(what.split(/[: ]/)[0] ?? '');
    return entry?.acknowledgedIn ?? entry?.round ?? ledger.round;
  };
  for (const what of findings.lost) ledger.note('lost', what, roundOf(what));
  for (const what of findings.altered) ledger.note('altered', what, roundOf(what));
  for (const what of [...findings.halfVisible, ...findings.miscounted]) {
    ledger.note('not whole', what, roundOf(what));
  }
  const kept = ledger.kept.filter(({ destroyedIn }) => destroyedIn === undefined);
  for (const what of await missingNewcomers(archive.database, archive.store.store, kept)) {
    ledger.note('lost', what, kept.find(({ sopInstanceUid }) => what.endsWith(sopInstanceUid))?.round);
  }
}

/** As its sender would have it, its bytes made when they are asked for. */
function remembered(entry: Entry): SentInstance {
  return {
    ...entry,
    acknowledged: entry.acknowledgedIn !== undefined,
    get bytes() {
      return imageOf(entry, entry.patientId);
    },
  };
}
