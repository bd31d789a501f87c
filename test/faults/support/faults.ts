/** The faults of random rounds: each breaks one thing while senders and readers go on, and mends it again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProxiedRequest, ProxyFault } from '@sandyq/storage/testing';
import { encodeMultipart } from '../../support/multipart.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';
import { sendAndCut, sendAndStall } from './cut-and-wait.ts';
import { damageFaults } from './damage.ts';
import type { FaultyArchive } from './faulty-archive.ts';
import type { Ledger } from './ledger.ts';
import type { Fault, Outcome, Scene } from './scene.ts';

const everywhere = (): boolean => true;
const onS3 = ({ storeProxy }: FaultyArchive): boolean => storeProxy !== undefined;
const onFileSystem = ({ storeProxy, disk }: FaultyArchive): boolean =>
  storeProxy === undefined && disk !== undefined;
const withDisk = ({ disk }: FaultyArchive): boolean => disk !== undefined;

/** A fault of something that is broken and mended, with some time in between. */
function passing(
  name: string,
  isPossible: Fault['isPossible'],
  broken: (scene: Scene) => Promise<void> | void,
  mended: (scene: Scene) => Promise<void> | void,
  [shortestMs, longestMs]: readonly [number, number] = [200, 1_500],
): Fault {
  return {
    name,
    isPossible,
    run: async (scene) => {
      await sleep(scene.random.integer(0, 200));
      try {
        await broken(scene);
        await sleep(scene.random.integer(shortestMs, longestMs));
      } finally {
        await mended(scene);
      }
      return {};
    },
  };
}

/** PostgreSQL: paused, killed, cut off, silent, slow, its COMMITs lost. */
const postgresFaults: readonly Fault[] = [
  passing(
    'PostgreSQL paused',
    everywhere,
    ({ archive }) => archive.postgres.pause(),
    ({ archive }) => archive.postgres.goOn(),
    [200, 7_000],
  ),
  passing(
    'PostgreSQL killed',
    everywhere,
    ({ archive }) => archive.postgres.kill(),
    ({ archive }) => archive.postgres.start(),
  ),
  passing(
    'PostgreSQL cut off',
    everywhere,
    ({ archive }) => archive.postgresProxy.cut(),
    ({ archive }) => archive.postgresProxy.restore(),
  ),
  passing(
    'PostgreSQL half open',
    everywhere,
    ({ archive }) => archive.postgresProxy.fallSilent(),
    ({ archive }) => archive.postgresProxy.restore(),
    [100, 1_000],
  ),
  passing(
    'PostgreSQL slow',
    everywhere,
    ({ archive, random }) => archive.postgresProxy.slow(random.integer(20, 250)),
    ({ archive }) => archive.postgresProxy.restore(),
  ),
  passing(
    'COMMIT lost',
    everywhere,
    ({ archive, random }) =>
      void archive.postgresProxy.loseNextCommit(random.next() < 0.5 ? 'before' : 'after'),
    () => undefined,
  ),
];

/** An S3 server that does this to each request, with some chance. */
function s3Fault(name: string, fault: (request: ProxiedRequest, random: SeededRandom) => ProxyFault): Fault {
  return passing(
    name,
    onS3,
    ({ archive, random }) => archive.storeProxy?.setFault((request) => fault(request, random)),
    ({ archive }) => archive.storeProxy?.setFault(() => ({ kind: 'pass' })),
  );
}

const s3Faults: readonly Fault[] = [
  s3Fault('store away', () => ({ kind: 'break-before' })),
  s3Fault('store refuses', () => ({ kind: 'answer', status: 503 })),
  s3Fault('store half open', (_request, random) =>
    random.next() < 0.5 ? { kind: 'stall' } : { kind: 'stall-answer', afterBytes: random.integer(0, 5_000) },
  ),
  s3Fault('store connections cut', (_request, random) => {
    const afterBytes = random.integer(0, 20_000);
    const kinds: readonly ProxyFault[] = [
      { kind: 'pass' },
      { kind: 'break-after' },
      { kind: 'break-body', afterBytes },
      { kind: 'break-answer', afterBytes },
      { kind: 'answer-after', status: 500 },
    ];
    return random.pick(kinds);
  }),
];

const diskFaults: readonly Fault[] = [
  passing(
    'disk full',
    withDisk,
    ({ archive, random }) => archive.disk?.fill(random.integer(0, 400_000)),
    ({ archive }) => archive.disk?.empty(),
  ),
  passing(
    'disk read-only',
    withDisk,
    ({ archive, traffic }) => traffic.whileQuiet(async () => archive.disk?.makeReadOnly()),
    ({ archive }) => archive.disk?.makeWritable(),
  ),
  passing(
    'store away',
    onFileSystem,
    ({ archive }) => archive.takeStoreAway(),
    ({ archive }) => archive.bringStoreBack(),
  ),
];

const clientFaults: readonly Fault[] = [
  { name: 'torn upload', isPossible: everywhere, run: tearUploads },
  { name: 'stalled upload', isPossible: everywhere, run: stallUpload },
];

const processFaults: readonly Fault[] = [
  {
    name: 'kill -9 of a process',
    isPossible: everywhere,
    run: async ({ archive, random }) => {
      const index = random.integer(0, archive.processes.length);
      await sleep(random.integer(100, 800));
      await archive.kill(index);
      const mendedAt = performance.now();
      await archive.start(index);
      return { mendedAt };
    },
  },
  passing(
    'clock jump',
    everywhere,
    ({ archive, random }) => archive.moveClock(random.pick(CLOCK_JUMPS_MS)),
    ({ archive }) => archive.moveClock(0),
  ),
];

const historyFaults: readonly Fault[] = [
  { name: 'older database restored', isPossible: everywhere, run: restoreOlderDatabase, everyTurns: 3 },
];

const HOUR_MS = 3_600_000;
/** A battery that was empty, a time zone, daylight saving, a wrong year. */
const CLOCK_JUMPS_MS = [-30 * 365 * 24, -24, -1, -0.02, 0.02, 1, 24, 365 * 24].map(
  (hours) => hours * HOUR_MS,
);

/** Every fault there is. */
export const allFaults: readonly Fault[] = [
  ...postgresFaults,
  ...s3Faults,
  ...diskFaults,
  ...clientFaults,
  ...processFaults,
  ...damageFaults,
  ...historyFaults,
];

/** What was acknowledged after the backup is in the store, and nowhere else. */
async function restoreOlderDatabase({ archive, ledger, random }: Scene): Promise<Outcome> {
  await archive.backUpDatabase();
  await sleep(random.integer(500, 2_500));
  ledger.mayForget = true;
  try {
    await archive.restoreDatabase();
    const mendedAt = performance.now();
    await Promise.all(archive.processes.map((_, index) => archive.start(index)));
    return { mendedAt };
  } finally {
    ledger.mayForget = false;
  }
}

async function tearUploads({ archive, ledger, random }: Scene): Promise<Outcome> {
  const count = random.integer(2, 6);
  await Promise.all(
    Array.from({ length: count }, () => tearOne(random.pick(archive.urls()), ledger, random)),
  );
  return {};
}

async function tearOne(url: string, ledger: Ledger, random: SeededRandom): Promise<void> {
  const { contentType, body } = upload(ledger, random);
  await sendAndCut(url, { contentType, body, cutAt: random.integer(0, body.length) });
}

/** Longer than a sender may be silent. */
async function stallUpload({ archive, ledger, random }: Scene): Promise<Outcome> {
  const { contentType, body } = upload(ledger, random);
  const cutAt = random.integer(0, body.length - 1);
  await sendAndStall(random.pick(archive.urls()), { contentType, body, cutAt });
  return {};
}

/** One instance, or several in one request; nobody is told anything of them. */
function upload(ledger: Ledger, random: SeededRandom): { contentType: string; body: Buffer } {
  const made = Array.from({ length: random.integer(1, 4) }, () => ledger.newInstance().bytes);
  const [only] = made;
  return made.length === 1 && only !== undefined
    ? { contentType: 'application/dicom', body: only }
    : encodeMultipart(made);
}
