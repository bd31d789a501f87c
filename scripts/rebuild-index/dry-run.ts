/** What a rebuild would read: every tail is opened, no database is touched. */
import type { Settings } from '@sandyq/http';
import { emptyRebuildReport, type RebuildReport, studiesOfStore } from '@sandyq/indexing';
import { isStorageError, type ObjectStat, type ObjectStore, openSegmentTail } from '@sandyq/storage';
import { openCountedStore } from './counted-store.ts';
import type { RebuildResult } from './report.ts';

export interface DryRunRequest {
  readonly settings: Settings;
  /** Tails at the same time. */
  readonly parallel: number;
  readonly signal: AbortSignal;
}

/** Throws StorageError, and what the signal says. */
export async function dryRun({ settings, parallel, signal }: DryRunRequest): Promise<RebuildResult> {
  const startedAt = performance.now();
  const { store, counts } = await openCountedStore(settings);
  await store.check(signal);
  const rebuild = emptyRebuildReport();
  for await (const { objects } of studiesOfStore(store, { after: '', signal })) {
    for (let start = 0; start < objects.length; start += parallel) {
      const some = objects.slice(start, start + parallel);
      await Promise.all(some.map((object) => open(store, object, rebuild, signal)));
    }
    rebuild.studies += 1;
  }
  return {
    ...counts,
    dryRun: true,
    resumed: false,
    isCaughtUp: true,
    journal: { batches: 0, lines: 0, gaps: 0 },
    rebuild,
    instancesOfRun: rebuild.instances,
    seconds: (performance.now() - startedAt) / 1_000,
  };
}

async function open(
  store: ObjectStore,
  { key, size }: ObjectStat,
  rebuild: RebuildReport,
  signal: AbortSignal,
): Promise<void> {
  rebuild.segments += 1;
  rebuild.bytes += size;
  try {
    const { metadata } = await openSegmentTail(store, key, { size, signal });
    rebuild.instances += metadata.size;
  } catch (error) {
    if (isStorageError(error, 'not-found')) return; // superseded meanwhile
    if (!isStorageError(error, 'damaged')) throw error;
    rebuild.damaged.push(key);
  }
}
