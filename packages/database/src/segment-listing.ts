/** What the index says lies in the store, in key order: the other half of the comparison of both. */
import type { Queryable } from './database.ts';
import type { SegmentState } from './known-segments.ts';

/** `whole`: as far as anybody knows. */
export type SegmentCondition = 'whole' | 'missing' | 'damaged';

/** A segment that should be in the store. */
export interface SegmentListing {
  readonly key: string;
  readonly segmentId: string;
  readonly sizeBytes: number;
  readonly state: Exclude<SegmentState, 'deleted'>;
  readonly condition: SegmentCondition;
  /** Entries of it are still to be judged. */
  readonly isVerdictDue: boolean;
  readonly tier: 'hot' | 'cold';
}

/** A quarantine object that should be in the store. */
export interface QuarantineListing {
  readonly key: string;
  readonly quarantineId: number;
  readonly sizeBytes: number;
  readonly condition: SegmentCondition;
}

/** The first `limit` segments whose key comes after `after`, in the order of the keys' bytes. */
export async function listSegmentsByKey(
  client: Queryable,
  after: string,
  limit: number,
): Promise<SegmentListing[]> {
  const result = await client.query<SegmentListingRow>({
    name: 'list-segments-by-key',
    text: `select object_key, segment_id, size_bytes, state, condition, verdicts_due, tier
      from segment where object_key > $1 and state <> 'deleted' order by object_key limit $2`,
    values: [after, limit],
  });
  return result.rows.map((row) => ({
    key: row.object_key,
    segmentId: row.segment_id,
    sizeBytes: row.size_bytes,
    state: row.state,
    condition: row.condition,
    isVerdictDue: row.verdicts_due,
    tier: row.tier,
  }));
}

interface SegmentListingRow {
  object_key: string;
  segment_id: string;
  size_bytes: number;
  state: SegmentListing['state'];
  condition: SegmentCondition;
  verdicts_due: boolean;
  tier: SegmentListing['tier'];
}

/** The first `limit` open quarantine entries with an object of their own whose key comes after `after`. */
export async function listQuarantineByKey(
  client: Queryable,
  after: string,
  limit: number,
): Promise<QuarantineListing[]> {
  const result = await client.query<QuarantineListingRow>({
    name: 'list-quarantine-by-key',
    text: `select object_key, quarantine_id, entry_length, condition from quarantine
      where object_key > $1 and segment_id is null and state = 'open' order by object_key limit $2`,
    values: [after, limit],
  });
  return result.rows.map((row) => ({
    key: row.object_key,
    quarantineId: row.quarantine_id,
    sizeBytes: row.entry_length,
    condition: row.condition,
  }));
}

interface QuarantineListingRow {
  object_key: string;
  quarantine_id: number;
  entry_length: number;
  condition: QuarantineListing['condition'];
}

/** Which of these quarantine objects some entry speaks of, open or decided, also as what is left to be deleted. */
export async function knownQuarantineObjects(
  client: Queryable,
  keys: readonly string[],
): Promise<Set<string>> {
  const result = await client.query<{ object_key: string }>({
    name: 'known-quarantine-objects',
    text: `select object_key from quarantine where object_key = any ($1) and segment_id is null
      union select leftover_object_key from quarantine where leftover_object_key = any ($1)`,
    values: [keys],
  });
  return new Set(result.rows.map((row) => row.object_key));
}

/** Marks an open entry whose object is gone, or is there again; whether that is news. */
export async function recordQuarantineCondition(
  client: Queryable,
  quarantineId: number,
  condition: QuarantineListing['condition'],
): Promise<boolean> {
  const marked = await client.query({
    name: 'record-quarantine-condition',
    text: `update quarantine set condition = $2 where quarantine_id = $1 and state = 'open' and condition <> $2`,
    values: [quarantineId, condition],
  });
  return marked.rowCount === 1;
}

/** Segments that wait to be superseded, and those whose verdicts a dead process still owes. */
export async function countUnsettledSegments(
  client: Queryable,
): Promise<{ duplicates: number; verdictsDue: number }> {
  const result = await client.query<{ duplicates: number; verdicts_due: number }>({
    name: 'count-unsettled-segments',
    text: `select (select count(*) from segment where state = 'duplicate') as duplicates,
      (select count(*) from segment where verdicts_due) as verdicts_due`,
  });
  return { duplicates: result.rows[0]?.duplicates ?? 0, verdictsDue: result.rows[0]?.verdicts_due ?? 0 };
}
