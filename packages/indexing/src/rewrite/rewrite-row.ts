/** What the index is told of a stored rewrite: its receipt says everything. */
import type { RewriteRow } from '@sandyq/database';
import { originOf, type SegmentReceipt, StorageError } from '@sandyq/storage';
import type { StoredSegment } from '../stored-segment.ts';

/** The row of a stored segment that says of itself that it is a rewrite. */
export function rewriteRowOf({ id, key, size, receipt, receiptSha256 }: StoredSegment): RewriteRow {
  return {
    segmentId: id,
    objectKey: key,
    sizeBytes: size,
    receiptSha256: Buffer.from(receiptSha256, 'hex'),
    receivedAt: new Date(receipt.receivedAt),
    principalId: receipt.principal,
    entries: receipt.entries.flatMap((entry) =>
      entry.role === 'received'
        ? []
        : [
            {
              originSegmentId: originOf(receipt, entry),
              sopInstanceUid: entry.sopInstanceUid,
              sha256: Buffer.from(entry.sha256, 'hex'),
              ordinal: entry.ordinal,
              entryOffset: entry.offset,
            },
          ],
    ),
  };
}

/** The segments that it was made of. Throws StorageError('invalid-argument') for a segment that is no rewrite. */
export function sourcesOf({ segmentId, source }: SegmentReceipt): readonly string[] {
  if (source.kind === 'rewrite') return source.of;
  throw new StorageError('invalid-argument', `segment ${segmentId} is no rewrite`);
}
