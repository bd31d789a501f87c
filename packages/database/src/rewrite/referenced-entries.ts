/** Which entries of segments are still needed, and which bytes are not, by a decision that is in the store. */
import type { Queryable } from '../database.ts';
import { DURABLE } from '../journal.ts';

/** What a rewrite has to know of its sources. */
export interface ReferencedEntries {
  /** Whether an instance, a quarantine entry or a proposed correction lies there. */
  has(segmentId: string, entry: { readonly ordinal: number; readonly offset: number }): boolean;
  /** Whether somebody decided to discard these bytes of this original segment, and the journal in the store says so. */
  isDiscarded(originSegmentId: string, sha256: string): boolean;
}

/** Reads what refers to entries of `segmentIds`, and what was discarded of the bytes received in `originIds`. */
export async function readReferences(
  client: Queryable,
  segmentIds: readonly string[],
  originIds: readonly string[],
): Promise<ReferencedEntries> {
  const places = await client.query<{
    segment_id: string;
    ordinal: number | null;
    entry_offset: number | null;
  }>({
    name: 'read-references',
    text: `select segment_id, ordinal, null::bigint as entry_offset from instance where segment_id = any ($1::uuid[])
      union all
      select segment_id, null, entry_offset from quarantine
        where segment_id = any ($1::uuid[]) and state <> 'discarded'
      union all
      select segment_id, ordinal, null from proposed_correction
        where segment_id = any ($1::uuid[]) and state <> 'discarded'`,
    values: [segmentIds],
  });
  const discards = await client.query<{ segment_id: string; sha256: Buffer }>({
    name: 'read-durable-discards',
    text: `select l.segment_id, l.sha256 from journal_line l
      where l.segment_id = any ($1::uuid[]) and l.kind in ('quarantine-discarded', 'correction-discarded')
        and l.sha256 is not null and ${DURABLE}`,
    values: [originIds],
  });
  const ordinals = new Set(places.rows.map((row) => `${row.segment_id} ${row.ordinal}`));
  const offsets = new Set(places.rows.map((row) => `${row.segment_id} ${row.entry_offset}`));
  const discarded = new Set(discards.rows.map((row) => `${row.segment_id} ${row.sha256.toString('hex')}`));
  return {
    has: (segmentId, { ordinal, offset }) =>
      ordinals.has(`${segmentId} ${ordinal}`) || offsets.has(`${segmentId} ${offset}`),
    isDiscarded: (originId, sha256) => discarded.has(`${originId} ${sha256}`),
  };
}
