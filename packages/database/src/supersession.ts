/** Segments of which everything is held elsewhere: recorded as superseded first, deleted after their grace (design §2.3). */
import type { Database, Queryable } from './database.ts';
import { DURABLE, writeJournalLine } from './journal.ts';
import { NOTHING_REFERS } from './verdicts.ts';

export interface SegmentRow {
  readonly segmentId: string;
  readonly objectKey: string;
}

/**
 * Takes the oldest duplicate segment, if no other process has it, and asks `isHeldElsewhere`, which re-reads the bytes
 * that stay. True: superseded, with its journal line, in the same transaction. False: it lives on. Returns whether
 * there was one.
 */
export async function supersedeNext(
  database: Database,
  isHeldElsewhere: (segment: SegmentRow) => Promise<boolean>,
): Promise<boolean> {
  return database.inTransaction(async (client) => {
    const found = await client.query<{ segment_id: string; object_key: string }>({
      text: `select segment_id, object_key from segment where state = 'duplicate'
        order by received_at limit 1 for update skip locked`,
    });
    const [row] = found.rows;
    if (row === undefined) return false;
    // The bytes are read again while the row is held, however long that takes.
    await client.query({ text: 'set local idle_in_transaction_session_timeout = 0' });
    const segment = { segmentId: row.segment_id, objectKey: row.object_key };
    const superseded = (await isHeldElsewhere(segment)) && (await markSuperseded(client, segment));
    if (!superseded) await keepAlive(client, segment.segmentId);
    return true;
  });
}

async function markSuperseded(client: Queryable, segment: SegmentRow): Promise<boolean> {
  const marked = await client.query({
    text: `update segment set state = 'superseded', superseded_at = now()
      where segment_id = $1 and state = 'duplicate' and ${NOTHING_REFERS('$1')}`,
    values: [segment.segmentId],
  });
  if (marked.rowCount !== 1) return false;
  await writeJournalLine(client, { kind: 'segment-superseded', decidedBy: 'archive', fact: segment });
  return true;
}

async function keepAlive(client: Queryable, segmentId: string): Promise<void> {
  await client.query({
    text: `update segment set state = 'live' where segment_id = $1`,
    values: [segmentId],
  });
}

/**
 * SQL condition on a `segment g`: that it is superseded stands in the store, in the journal or in the receipt of the
 * rewrite that has taken its place.
 */
const IS_RECORDED = `(g.rewritten_into is not null or exists (select from journal_line l
  where l.segment_id = g.segment_id and l.kind = 'segment-superseded' and ${DURABLE}))`;

/** SQL condition on a `segment g`: no disposition deletes it. What one does delete is seen gone in every copy, too. */
const IS_NOT_DISPOSED = `not exists (select from disposition_object o where o.object_key = g.object_key)`;

/** Segments whose grace has passed, and of which the store knows that they are superseded: they may be deleted now. */
export async function supersededSegments(
  client: Queryable,
  graceSeconds: number,
  limit: number,
): Promise<SegmentRow[]> {
  const result = await client.query<{ segment_id: string; object_key: string }>({
    text: `select segment_id, object_key from segment g
      where state = 'superseded' and superseded_at <= now() - make_interval(secs => $1) and ${IS_RECORDED}
        and ${IS_NOT_DISPOSED}
      order by received_at limit $2`,
    values: [graceSeconds, limit],
  });
  return result.rows.map((row) => ({ segmentId: row.segment_id, objectKey: row.object_key }));
}

/** Notes that the object of a superseded segment is gone. */
export async function recordSegmentDeleted(client: Queryable, segmentId: string): Promise<void> {
  await client.query({
    text: `update segment set state = 'deleted', deleted_at = now() where segment_id = $1 and state = 'superseded'`,
    values: [segmentId],
  });
}

/** Where bytes lie that are a proposed correction or in quarantine. */
export interface OtherPlace {
  readonly objectKey: string;
  /** First byte of the entry in the segment; undefined for an object that is nothing but these bytes. */
  readonly entryOffset: number | undefined;
}

/** Where the same bytes lie as a proposed correction or in quarantine, outside of `segmentId`. */
export async function otherPlaceOf(
  client: Queryable,
  bytes: { sha256: Buffer; segmentId: string },
): Promise<OtherPlace | undefined> {
  const result = await client.query<{ object_key: string; entry_offset: number | null }>({
    text: `select object_key, entry_offset from proposed_correction
        where sha256 = $1 and segment_id <> $2 and state <> 'discarded'
      union all
      select object_key, case when segment_id is not null then entry_offset end from quarantine
        where sha256 = $1 and segment_id is distinct from $2 and state <> 'discarded'
      limit 1`,
    values: [bytes.sha256, bytes.segmentId],
  });
  const [row] = result.rows;
  return row && { objectKey: row.object_key, entryOffset: row.entry_offset ?? undefined };
}
