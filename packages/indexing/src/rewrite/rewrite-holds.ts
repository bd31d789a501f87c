/** The last look before the object of a rewritten segment is deleted: is what took its place still there? */
import { type Database, type HoldingSegment, rewrittenInto } from '@sandyq/database';
import { isStorageError, type ObjectStore, openSegment } from '@sandyq/storage';

interface CheckPorts {
  readonly database: Database;
  readonly store: ObjectStore;
}

/** `not-rewritten`: everything in the segment was held elsewhere, and the journal says so. */
export type RewriteCheck = 'not-rewritten' | 'holds' | 'does-not-hold';

/**
 * A function that says whether a segment was rewritten, and if so, whether the segment that holds its entries now is in
 * use, is in the store with the size that the index knows, and has the receipt that its key vouches for. It looks at each
 * holding segment once: make a new one for each round. Throws DatabaseError, and StorageError where the store can't be
 * asked.
 */
export function createRewriteCheck(ports: CheckPorts): (segmentId: string) => Promise<RewriteCheck> {
  const checked = new Map<string, boolean>();
  return async (segmentId) => {
    const holder = await rewrittenInto(ports.database, segmentId);
    if (holder === undefined) return 'not-rewritten';
    const known = checked.get(holder.segmentId) ?? (await isWhole(ports, holder));
    checked.set(holder.segmentId, known);
    return known ? 'holds' : 'does-not-hold';
  };
}

async function isWhole({ store }: CheckPorts, holder: HoldingSegment): Promise<boolean> {
  const { objectKey, sizeBytes, receiptSha256, isKept } = holder;
  if (!isKept) return false;
  try {
    const found = await store.stat(objectKey);
    if (found?.size !== sizeBytes) return false;
    const opened = await openSegment(store, objectKey, { size: sizeBytes });
    return opened.receiptSha256 === receiptSha256.toString('hex');
  } catch (error) {
    const isGone = isStorageError(error, 'damaged') || isStorageError(error, 'not-found');
    if (isGone || isStorageError(error, 'short-read')) return false;
    throw error;
  }
}
