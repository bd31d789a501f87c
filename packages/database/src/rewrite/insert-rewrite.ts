/** The row of a rewrite. */
import type { Queryable } from '../database.ts';
import { DatabaseError } from '../errors.ts';
import type { SourceRow } from './source-rows.ts';

/** An entry of role `part10` in a rewrite. */
export interface RewrittenEntry {
  /** The segment that the bytes were received in. */
  readonly originSegmentId: string;
  readonly sopInstanceUid: string;
  readonly sha256: Buffer;
  readonly ordinal: number;
  /** First byte in the rewrite. */
  readonly entryOffset: number;
}

/** A stored rewrite. */
export interface RewriteRow {
  readonly segmentId: string;
  readonly objectKey: string;
  readonly sizeBytes: number;
  readonly receiptSha256: Buffer;
  /** When and by whom it was rewritten, as its receipt says. */
  readonly receivedAt: Date;
  readonly principalId: string;
  readonly entries: readonly RewrittenEntry[];
  /** Entries may be in it that this database has no rows of: until somebody has looked, it is to be replayed. */
  readonly isIncomplete?: boolean;
  /** When compaction is to look at its series again; the default is that there is no reason to. */
  readonly compactDue?: string | undefined;
  readonly copiedForLittle?: number;
}

/**
 * Inserts the row. The device's statistics stay with the segments that it sent: a rewrite names none. Throws
 * DatabaseError('contention') if another process has inserted it meanwhile.
 */
export async function insertRewrite(
  client: Queryable,
  rewrite: RewriteRow,
  sources: readonly SourceRow[],
): Promise<void> {
  const [first] = sources;
  if (first === undefined) throw new TypeError('a rewrite has sources');
  const inserted = await client.query({
    name: 'insert-rewrite',
    text: `insert into segment (segment_id, object_key, study_key, series_key, facility_id, principal_id, size_bytes,
        receipt_sha256, received_at, entries, state, verdicts_due, verified_at, compact_due, copied_for_little)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'live', $11, now(), $12, $13)
      on conflict (segment_id) do nothing`,
    values: [
      rewrite.segmentId,
      rewrite.objectKey,
      first.studyKey,
      first.seriesKey,
      first.facilityId,
      rewrite.principalId,
      rewrite.sizeBytes,
      rewrite.receiptSha256,
      rewrite.receivedAt,
      rewrite.entries.length,
      rewrite.isIncomplete ?? false,
      rewrite.compactDue ?? null,
      rewrite.copiedForLittle ?? 0,
    ],
  });
  if (inserted.rowCount === 1) return;
  throw new DatabaseError('contention', 'another process has taken the rewrite in meanwhile');
}

/**
 * Notes a stored rewrite whose swap came too late: everything in it is held elsewhere, so it is on its way out as any
 * duplicate is, once its bytes there were read again.
 */
export async function recordUselessRewrite(
  client: Queryable,
  rewrite: RewriteRow,
  sources: readonly SourceRow[],
): Promise<void> {
  await insertRewrite(client, rewrite, sources);
  await client.query({
    name: 'record-useless-rewrite',
    text: `update segment set state = 'duplicate', compact_due = null where segment_id = $1`,
    values: [rewrite.segmentId],
  });
}
