/** The background task that reads everything again, once in the set number of days, at the set rate. */
import { countDamagedSegments, oldestUnverifiedSeconds } from '@sandyq/database';
import { checkDue, pause, TokenBucket, withRate } from '@sandyq/indexing';
import type { Archive } from '@sandyq/service';

type Ports = Pick<Archive, 'database' | 'store' | 'logger' | 'metrics' | 'settings'>;

/** Reads one object that is due and returns 1; 0: none is due, another process is at it, or it is switched off. */
export function createFixityCheck(archive: Ports): (signal: AbortSignal) => Promise<number> {
  const { database, logger, metrics, settings } = archive;
  const { fixityIntervalDays, fixityBytesPerSecond } = settings;
  if (fixityIntervalDays === 0) return () => Promise.resolve(0);
  const bucket = new TokenBucket({
    bytesPerSecond: fixityBytesPerSecond,
    now: () => performance.now(),
    sleep: pause,
  });
  const store = withRate(archive.store, bucket);
  const objects = metrics.counter({
    name: 'fixity_checked_objects_total',
    help: 'Objects that this process has read again and compared with what certifies them.',
    labels: { kind: ['segment', 'quarantine'], outcome: ['whole', 'damaged', 'missing'] },
  });
  const bytes = metrics.counter({
    name: 'fixity_checked_bytes_total',
    help: 'Bytes that this process has read again.',
  });
  return async (signal) => {
    const checked = await checkDue({ database, store, logger }, fixityIntervalDays, signal);
    if (checked === undefined) return 0;
    objects.add(1, { kind: checked.kind, outcome: checked.outcome });
    bytes.add(checked.bytes);
    return 1;
  };
}

/** Keeps the gauges; to be called now and then. Reports none done, so that it rests in between. */
export function createFixityGauges({ database, metrics }: Ports): () => Promise<number> {
  const oldest = metrics.gauge({
    name: 'fixity_oldest_unverified_seconds',
    help: 'Time since the object that was not read for longest was received or last read.',
  });
  const damaged = metrics.gauge({
    name: 'fixity_damaged_segments',
    help: 'Segments on record as missing or damaged, and not repaired.',
    labels: { kind: ['missing', 'damaged'] },
  });
  return async () => {
    oldest.set(await oldestUnverifiedSeconds(database));
    const counts = await countDamagedSegments(database);
    for (const kind of ['missing', 'damaged'] as const) damaged.set(counts[kind], { kind });
    return 0;
  };
}
