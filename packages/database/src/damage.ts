/**
 * Damage of stored bytes on record: which segments are missing or damaged, which instances that concerns, who found it
 * and when it was repaired. Recording changes what search says (Instance Availability); bytes are never touched.
 */
import type { Queryable } from './database.ts';

/** `missing`: the object is not there; `damaged`: its bytes are not those that were acknowledged. */
export type DamageKind = 'missing' | 'damaged';

/** Who met it. */
export type DamageFinder = 'reconcile' | 'fixity' | 'retrieval';

/** What is wrong with a segment. */
export interface DamageFinding {
  readonly segmentId: string;
  /**
   * Entries of the segment that it concerns; `all` where no entry can be told from another; none where only what lies
   * between them is wrong (tar headers, padding, trailer).
   */
  readonly ordinals: readonly number[] | 'all';
  readonly kind: DamageKind;
  /** What was met and where, without values of the data set. */
  readonly what: string;
  readonly foundBy: DamageFinder;
}

/** What recording a finding changed. */
export interface RecordedDamage {
  /** It was not on record before: a reason to say so once. */
  readonly isNew: boolean;
  /** Instances that are marked now because of it. */
  readonly instances: number;
}

/** Stands for what lies between the entries, which count from 1. */
export const BETWEEN_ENTRIES = 0;

/** What a finding is listed under; null: everything. */
function listedOrdinals({ ordinals }: DamageFinding): readonly (number | null)[] {
  if (ordinals === 'all') return [null];
  return ordinals.length === 0 ? [BETWEEN_ENTRIES] : ordinals;
}

/**
 * Puts a finding on record and marks segment and instances; the same finding again changes nothing. A segment that the
 * index does not know, or knows as deleted, is left alone. Call it within a transaction.
 */
export async function recordDamage(client: Queryable, finding: DamageFinding): Promise<RecordedDamage> {
  const { segmentId, kind, what, foundBy } = finding;
  const condition = await client.query({
    name: 'record-damage-of-segment',
    text: `update segment set condition = $2 where segment_id = $1 and state <> 'deleted'`,
    values: [segmentId, kind],
  });
  if (condition.rowCount === 0) return { isNew: false, instances: 0 };
  const ordinals = listedOrdinals(finding);
  const recorded = await client.query<{ is_new: boolean }>({
    name: 'record-damage',
    text: `insert into damage (segment_id, ordinal, kind, what, found_by)
      select $1, ordinal, $3, $4, $5 from unnest($2::integer[]) as ordinal
      on conflict (segment_id, ordinal) where repaired_at is null
      do update set kind = excluded.kind, what = excluded.what
      returning xmax = 0 as is_new`,
    values: [segmentId, ordinals, kind, what, foundBy],
  });
  const marked = await client.query({
    name: 'mark-damaged-instances',
    text: `update instance set is_damaged = true
      where segment_id = $1 and ($2::integer[] is null or ordinal = any ($2)) and not is_damaged`,
    values: [segmentId, finding.ordinals === 'all' ? null : ordinals],
  });
  return { isNew: recorded.rows.some((row) => row.is_new), instances: marked.rowCount ?? 0 };
}

/**
 * As {@link recordDamage} after the whole segment was read: what was on record of other entries of it is closed. Call it
 * within a transaction.
 */
export async function replaceDamage(client: Queryable, finding: DamageFinding): Promise<RecordedDamage> {
  const { segmentId } = finding;
  const ordinals = finding.ordinals === 'all' ? null : listedOrdinals(finding);
  await client.query({
    name: 'close-other-damage',
    text: `update damage set repaired_at = now() where segment_id = $1 and repaired_at is null
      and case when $2::integer[] is null then ordinal is not null else ordinal is null or ordinal <> all ($2) end`,
    values: [segmentId, ordinals],
  });
  if (ordinals !== null) {
    await client.query({
      name: 'unmark-whole-instances',
      text: 'update instance set is_damaged = false where segment_id = $1 and is_damaged and ordinal <> all ($2)',
      values: [segmentId, ordinals],
    });
  }
  return recordDamage(client, finding);
}

/**
 * Notes that a segment was verified to be whole, or that healthy copies of its entries have taken its place: call it in
 * the transaction that swaps them, before or after the swap; {@link settleDamage} clears the marks of what has moved.
 * Returns how many findings are closed.
 */
export async function recordRepaired(client: Queryable, segmentId: string): Promise<number> {
  const closed = await client.query({
    name: 'record-repaired',
    text: 'update damage set repaired_at = now() where segment_id = $1 and repaired_at is null',
    values: [segmentId],
  });
  await client.query({
    name: 'record-whole-segment',
    text: `update segment set condition = 'whole' where segment_id = $1 and condition <> 'whole'`,
    values: [segmentId],
  });
  await client.query({
    name: 'unmark-repaired-instances',
    text: 'update instance set is_damaged = false where segment_id = $1 and is_damaged',
    values: [segmentId],
  });
  return closed.rowCount ?? 0;
}

/**
 * Closes what has resolved itself: findings on segments that healthy rewrites have taken the place of, and marks of
 * instances that lie elsewhere now. Returns how many findings and marks are gone. Call it within a transaction.
 */
export async function settleDamage(client: Queryable): Promise<number> {
  const closed = await client.query({
    name: 'close-damage-of-superseded',
    text: `update damage d set repaired_at = now() from segment g
      where d.repaired_at is null and g.segment_id = d.segment_id and g.state in ('superseded', 'deleted')`,
  });
  const unmarked = await client.query({
    name: 'unmark-moved-instances',
    text: `update instance i set is_damaged = false where i.is_damaged and not exists (
      select from damage d where d.segment_id = i.segment_id and d.repaired_at is null
        and (d.ordinal is null or d.ordinal = i.ordinal))`,
  });
  return (closed.rowCount ?? 0) + (unmarked.rowCount ?? 0);
}

/** How many segments are missing or damaged, of those that count. */
export async function countDamagedSegments(client: Queryable): Promise<Record<DamageKind, number>> {
  const result = await client.query<{ kind: DamageKind; segments: number }>({
    name: 'count-damaged-segments',
    text: `select kind, count(distinct segment_id) as segments from damage where repaired_at is null group by kind`,
  });
  const counts = { missing: 0, damaged: 0 };
  for (const { kind, segments } of result.rows) counts[kind] = segments;
  return counts;
}
