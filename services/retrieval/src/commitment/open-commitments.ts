/** Starts what answers Storage Commitment requests in a process, with the rate that is set for its reading. */
import { pause, TokenBucket, withRate } from '@sandyq/indexing';
import type { Archive } from '@sandyq/service';
import type { StoredBytes } from '../dependencies.ts';
import { CommitmentWorker } from './commitment-worker.ts';

/** `stop()` of the worker ends it. */
export function openCommitments(archive: Archive, { damagedReads }: StoredBytes): CommitmentWorker {
  const bucket = new TokenBucket({
    bytesPerSecond: archive.settings.commitmentBytesPerSecond,
    now: () => performance.now(),
    sleep: pause,
  });
  return new CommitmentWorker({
    stored: { database: archive.database, store: withRate(archive.store, bucket), damagedReads },
    logger: archive.logger,
    monotonicMs: () => performance.now(),
  });
}
