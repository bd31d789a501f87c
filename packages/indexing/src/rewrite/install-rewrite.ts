/**
 * The one path that makes a segment of entries of others and puts it in their place (design §5): copy, store, verify,
 * swap. Compaction and repair take it.
 */
import {
  type Database,
  DatabaseError,
  type Queryable,
  type RewriteRow,
  readSourcesLocked,
  recordUselessRewrite,
  type SegmentSwap,
  swapSegments,
} from '@sandyq/database';
import {
  type ObjectStore,
  type RewriteRequest,
  rewriteSegments,
  type SealedSegment,
  type SegmentSpool,
  StorageError,
  storeSegment,
  verifySegment,
} from '@sandyq/storage';
import type { Logger } from '@sandyq/telemetry';
import { rewriteRowOf, sourcesOf } from './rewrite-row.ts';

/** What a rewrite works with. */
export interface InstallPorts {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly spool: SegmentSpool;
  readonly logger: Logger;
}

/** What is to be made, and what its row says beside its receipt. */
export interface InstallRequest extends RewriteRequest, Pick<RewriteRow, 'compactDue' | 'copiedForLittle'> {
  /** Done in the transaction of the swap, before it: takes rows out whose entries are not copied. Once an attempt. */
  readonly beforeSwap?: ((client: Queryable) => Promise<void>) | undefined;
  /** Told of bytes that were read back; what it returns is waited for. */
  readonly onReadBack?: ((bytes: number) => Promise<void> | undefined) | undefined;
}

/** What came of it. */
export interface Installed {
  /**
   * `swapped`: the rewrite holds what its sources held, and they are superseded. `too-late`: they had changed meanwhile;
   * everything is where it was, and the rewrite is on its way out as a duplicate.
   */
  readonly kind: 'swapped' | 'too-late';
  readonly segmentId: string;
  readonly objectKey: string;
  readonly sizeBytes: number;
}

/** What is read back is told of in pieces of at least so many bytes. */
const TOLD_BYTES = 1024 * 1024;

/** A swap that collides with commits is repeated so often. */
const SWAP_ATTEMPTS = 8;

/**
 * Nothing is given up before every byte of the rewrite was read back from the store. After a crash at any point the
 * sources are as they were, or the rewrite is found in the spool or in the store and its swap completed (adoptRewrite).
 * Throws StorageError (`damaged` for a source or for what the store gives back) and DatabaseError: then the sources are
 * as they were, unless the database says something else when it answers again.
 */
export async function installRewrite(ports: InstallPorts, request: InstallRequest): Promise<Installed> {
  const sealed = await rewriteSegments(ports, request);
  await putRewrite(ports, sealed, request.signal);
  await assertWhole(ports.store, sealed, request);
  // From here on it is not given up any more: a signal would leave the next one to find it.
  const { compactDue, copiedForLittle = 0, beforeSwap } = request;
  const swap = {
    rewrite: { ...rewriteRowOf(sealed), compactDue, copiedForLittle },
    sources: sourcesOf(sealed.receipt),
  };
  const kind = await swapOrGiveUp(ports.database, swap, beforeSwap);
  const { id: segmentId, key: objectKey, size: sizeBytes } = sealed;
  ports.logger.info('segment-rewritten', { segmentId, sources: swap.sources.length, outcome: kind });
  return { kind, segmentId, objectKey, sizeBytes };
}

/** After a failed put the object may be there all the same: it is then found and its swap completed. */
async function putRewrite(
  { store, spool }: InstallPorts,
  sealed: SealedSegment,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await storeSegment(store, sealed, signal);
  } finally {
    await spool.remove(sealed);
  }
}

async function assertWhole(
  store: ObjectStore,
  { key, receiptSha256 }: SealedSegment,
  { signal, onReadBack }: Pick<InstallRequest, 'signal' | 'onReadBack'>,
): Promise<void> {
  let told = 0;
  const onProgress = (bytesRead: number, size: number): Promise<void> | undefined => {
    if (bytesRead - told < TOLD_BYTES && bytesRead < size) return undefined;
    const since = bytesRead - told;
    told = bytesRead;
    return onReadBack?.(since);
  };
  const { segment, faults } = await verifySegment(store, key, { signal, onProgress });
  if (faults.length === 0 && segment?.receiptSha256 === receiptSha256) return;
  throw new StorageError('damaged', `${key}: what the store gives back is not what was put`);
}

async function swapOrGiveUp(
  database: Database,
  swap: SegmentSwap,
  beforeSwap: InstallRequest['beforeSwap'],
): Promise<Installed['kind']> {
  try {
    await swapUntilDecided(database, swap, beforeSwap);
    return 'swapped';
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== 'conflict') throw error;
    await giveUp(database, swap);
    return 'too-late';
  }
}

/** After a COMMIT of unknown outcome the database is asked: a rewrite that it knows was swapped. */
async function swapUntilDecided(
  database: Database,
  swap: SegmentSwap,
  beforeSwap: InstallRequest['beforeSwap'],
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await database.inTransaction(async (client) => {
        await beforeSwap?.(client);
        await swapSegments(client, swap);
      });
      return;
    } catch (error) {
      if (attempt >= SWAP_ATTEMPTS || !mayPass(error)) throw error;
    }
  }
}

function mayPass(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === 'contention' || error.code === 'commit-unknown');
}

async function giveUp(database: Database, { rewrite, sources }: SegmentSwap): Promise<void> {
  await database.inTransaction(async (client) => {
    const rows = await readSourcesLocked(client, sources);
    await recordUselessRewrite(client, rewrite, [...rows.values()]);
  });
}
