/**
 * A rewrite that is in the store and that the database does not know: its process died between put and swap, or an older
 * database was restored whose rows point to segments that are gone. What the database has of its entries is pointed to it.
 */
import {
  adoptSwap,
  type Database,
  DatabaseError,
  holdersOfEntries,
  type RewriteRow,
  type SwapOutcome,
} from '@sandyq/database';
import { type ObjectStore, type OpenedSegment, verifySegment } from '@sandyq/storage';
import type { Logger } from '@sandyq/telemetry';
import { rewriteRowOf, sourcesOf } from './rewrite-row.ts';

export interface AdoptPorts {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly logger: Logger;
}

/** A rewrite in the store. */
export interface FoundRewrite {
  readonly key: string;
  readonly segment: OpenedSegment;
  /** Whether every byte was read and compared already; if not, that is done before anything is changed. */
  readonly isVerified?: boolean;
}

/**
 * What came of it. `nothing`: the database has no rows of it in a segment that it was made of; its entries are known
 * elsewhere or not at all, as the ordinary replay will find. `known`: it was taken in before. `adopted`: rows point to it
 * now, and what nothing points to any more is superseded; entries that the database has no rows of are still to be
 * replayed, and until `recordVerdictsGiven` the segment counts as not known. `damaged`: nothing was changed.
 */
export type Adoption = 'nothing' | 'known' | 'adopted' | 'damaged';

/** A swap that collides with commits is repeated so often. */
const ATTEMPTS = 8;

/** Idempotent; several processes may do it at once. Throws StorageError and DatabaseError. */
export async function adoptRewrite(
  ports: AdoptPorts,
  { key, segment, isVerified = false }: FoundRewrite,
): Promise<Adoption> {
  const { receipt, receiptSha256, size } = segment;
  const stored = { id: receipt.segmentId, key, size, receipt, receiptSha256 };
  const rewrite = { ...rewriteRowOf(stored), isIncomplete: true };
  const sources = await sourcesInIndex(ports, segment, rewrite);
  if (sources.length === 0) return 'nothing';
  if (!isVerified && (await verifySegment(ports.store, key)).faults.length > 0) return 'damaged';
  const outcome = await untilDecided(() =>
    ports.database.inTransaction((client) => adoptSwap(client, { rewrite, sources })),
  );
  if (outcome === undefined) return 'nothing';
  if (outcome.kind === 'known') return 'known';
  const { moved, superseded } = outcome;
  ports.logger.warn('rewrite-adopted', {
    segmentId: receipt.segmentId,
    moved,
    superseded: superseded.length,
  });
  return 'adopted';
}

/**
 * The segments from which rows are taken over: what it was made of, what these were made of, and any other, a rewrite
 * between, whose object is gone. One that is there keeps its rows: then the same segments were joined otherwise.
 */
async function sourcesInIndex(
  { database, store }: AdoptPorts,
  { receipt }: OpenedSegment,
  rewrite: RewriteRow,
): Promise<string[]> {
  const predecessors = new Set([
    ...sourcesOf(receipt),
    ...receipt.originals.map(({ segmentId }) => segmentId),
  ]);
  const sources: string[] = [];
  for (const { segmentId, objectKey } of await holdersOfEntries(database, rewrite.entries)) {
    if (segmentId === rewrite.segmentId) continue;
    if (predecessors.has(segmentId) || (await store.stat(objectKey)) === undefined) sources.push(segmentId);
  }
  return sources;
}

async function untilDecided(adopt: () => Promise<SwapOutcome | undefined>): Promise<SwapOutcome | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await adopt();
    } catch (error) {
      const mayPass =
        error instanceof DatabaseError && (error.code === 'contention' || error.code === 'commit-unknown');
      if (attempt >= ATTEMPTS || !mayPass) throw error;
    }
  }
}
