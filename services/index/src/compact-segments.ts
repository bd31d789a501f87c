/** The background task that joins the small segments of series to which nothing has come for a while. */
import { statfs } from 'node:fs/promises';
import { claimDueSeries, countDueSeries, readIndexState } from '@sandyq/database';
import {
  CLAIM_SECONDS,
  type CompactionPorts,
  compactSeries,
  defaultCompactionLimits,
  pace,
  type SeriesCompaction,
} from '@sandyq/indexing';
import type { Archive } from '@sandyq/service';

type Ports = Pick<
  Archive,
  'database' | 'store' | 'spool' | 'logger' | 'metrics' | 'settings' | 'readinessChecks'
>;

/** What the package of indexing works with. */
export function compactionPorts({ database, store, spool, logger }: Archive): CompactionPorts {
  return { database, store, spool, logger, now: () => new Date() };
}

/**
 * One series at each call. Several processes take different ones. It gives way to whom the process serves, and rests
 * while the archive is not ready, or its spool has no room beside what is kept free for senders.
 */
export function createCompaction(archive: Archive): (signal: AbortSignal) => Promise<number> {
  const { database, settings } = archive;
  const { compactAfterSeconds: quietSeconds, compactBytesPerSecond: bytesPerSecond } = settings;
  if (bytesPerSecond === 0) return () => Promise.resolve(0);
  const count = createCounters(archive);
  const givingWay = pace({ bytesPerSecond, givesWay: true });
  const catchingUp = pace({ bytesPerSecond });
  const mayGoOn = async () => (await isReady(archive)) && (await hasRoom(archive));
  return async (signal) => {
    if (!(await mayGoOn())) return 0;
    const claim = await claimDueSeries(database, { quietSeconds, leaseSeconds: CLAIM_SECONDS });
    if (claim === undefined) return 0;
    const keepPace = claim.overdueSeconds > MOST_PATIENCE_SECONDS ? catchingUp : givingWay;
    const done = await compactSeries(compactionPorts(archive), claim, { pace: keepPace, mayGoOn, signal });
    count(done);
    return done.state === 'later' ? 0 : 1;
  };
}

/** What the archive stands on answers, and the index knows everything: while it is made anew, nothing is moved. */
async function isReady({ readinessChecks, database }: Ports): Promise<boolean> {
  const limit = AbortSignal.timeout(READINESS_MS);
  const results = await Promise.allSettled(readinessChecks.map((one) => one.check(limit)));
  return results.every(({ status }) => status === 'fulfilled') && (await readIndexState(database)).isCaughtUp;
}

const READINESS_MS = 2_000;

/** What waits for longer is joined without giving way: a process that is always busy must not collect segments for ever. */
const MOST_PATIENCE_SECONDS = 3_600;

async function hasRoom({ settings }: Ports): Promise<boolean> {
  const { bavail, bsize } = await statfs(settings.spoolFolder);
  return bavail * bsize > settings.minFreeDiskBytes + 2 * defaultCompactionLimits.segmentBytes;
}

function createCounters({ metrics }: Ports): (done: SeriesCompaction) => void {
  const series = metrics.counter({
    name: 'compaction_series_total',
    help: 'Series that compaction has looked at: joined, left as they are, put off, or left because of damage.',
    labels: { outcome: ['joined', 'left', 'later', 'damaged'] },
  });
  const bytes = metrics.counter({
    name: 'compaction_bytes_total',
    help: 'Bytes of segments that compaction has written.',
  });
  const superseded = metrics.counter({
    name: 'compaction_superseded_segments_total',
    help: 'Segments that compaction has joined into others.',
  });
  return (done) => {
    series.add(1, { outcome: outcomeOf(done) });
    bytes.add(done.bytes);
    superseded.add(done.rewritten);
  };
}

function outcomeOf({ damaged, state, made }: SeriesCompaction): 'joined' | 'left' | 'later' | 'damaged' {
  if (damaged.length > 0) return 'damaged';
  if (state === 'later') return 'later';
  return made > 0 ? 'joined' : 'left';
}

/** Segments counted for the gauge: past so many, it says only that there is much to do. */
const COUNTED_SEGMENTS = 100_000;

/** Keeps the gauge of what waits; to be called now and then. Reports none done, so that it rests in between. */
export function createCompactionGauge({ database, metrics, settings }: Ports): () => Promise<number> {
  const due = metrics.gauge({
    name: 'compaction_due_series',
    help: 'Series to which nothing came for a while, and that nobody has looked at since.',
  });
  return async () => {
    due.set(await countDueSeries(database, settings.compactAfterSeconds, COUNTED_SEGMENTS));
    return 0;
  };
}
