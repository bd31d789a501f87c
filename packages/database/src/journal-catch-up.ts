/**
 * Lines that the store has and this database does not: as after the restore of an older one, or in an empty one. Each
 * batch is taken over in one transaction with what its facts change.
 */
import type { JournalBatch, JournalLine } from '@sandyq/storage';
import type { Queryable } from './database.ts';
import { subjectOf } from './journal.ts';

/**
 * Notes the lines of a batch at their places. A line that this database wrote itself is recognised by its number and
 * its content. Returns the others: what was decided without it.
 */
export async function takeOverLines(client: Queryable, batch: JournalBatch): Promise<JournalLine[]> {
  const known = await recogniseLines(client, batch);
  const unknown = batch.lines.flatMap((line, index) =>
    known.has(index + 1) ? [] : [{ line, ordinal: index + 1 }],
  );
  if (unknown.length > 0) await insertLines(client, batch, unknown);
  return unknown.map(({ line }) => line);
}

async function recogniseLines(
  client: Queryable,
  { epoch, position, lines }: JournalBatch,
): Promise<Set<number>> {
  const result = await client.query<{ ordinal: number }>({
    name: 'recognise-journal-lines',
    text: `with told as (
        select * from unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
          with ordinality as t (id, kind, fact, decided_by, occurred_at, ordinal)),
      own as (
        select distinct on (t.ordinal) l.journal_line_id, t.ordinal from told t join journal_line l
          on (l.written_as = t.id or (l.written_as is null and l.journal_line_id = t.id))
          and l.kind = t.kind and l.fact = t.fact::jsonb and l.decided_by = t.decided_by and l.occurred_at = t.occurred_at
        where l.epoch is null
        order by t.ordinal, l.journal_line_id)
      update journal_line l set epoch = $1, position = $2, ordinal = own.ordinal
      from own where l.journal_line_id = own.journal_line_id returning l.ordinal`,
    values: [
      epoch,
      position,
      lines.map(({ id }) => id),
      lines.map(({ kind }) => kind),
      lines.map(({ fact }) => JSON.stringify(fact)),
      lines.map(({ decidedBy }) => decidedBy),
      lines.map(({ occurredAt }) => occurredAt),
    ],
  });
  return new Set(result.rows.map(({ ordinal }) => ordinal));
}

async function insertLines(
  client: Queryable,
  { epoch, position }: JournalBatch,
  lines: readonly { readonly line: JournalLine; readonly ordinal: number }[],
): Promise<void> {
  const subjects = lines.map(({ line }) => subjectOf(line));
  await client.query({
    name: 'take-over-journal-lines',
    text: `insert into journal_line (kind, fact, decided_by, occurred_at, segment_id, sha256, epoch, position, ordinal, written_as)
      select kind, fact::jsonb, decided_by, occurred_at, segment_id, sha256, $1, $2, ordinal, id
      from unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::uuid[], $9::bytea[], $10::integer[])
        as t (id, kind, fact, decided_by, occurred_at, segment_id, sha256, ordinal)
      order by ordinal`,
    values: [
      epoch,
      position,
      lines.map(({ line }) => line.id),
      lines.map(({ line }) => line.kind),
      lines.map(({ line }) => JSON.stringify(line.fact)),
      lines.map(({ line }) => line.decidedBy),
      lines.map(({ line }) => line.occurredAt),
      subjects.map(({ segmentId }) => segmentId),
      subjects.map(({ sha256 }) => sha256),
      lines.map(({ ordinal }) => ordinal),
    ],
  });
}

/** Replays of these segments are due, where the database knows them: more was said of their entries than it knew. */
export async function demandVerdicts(client: Queryable, segmentIds: readonly string[]): Promise<void> {
  if (segmentIds.length === 0) return;
  await client.query({
    name: 'demand-verdicts',
    text: `update segment set verdicts_due = true where segment_id = any ($1::uuid[]) and not verdicts_due
      and state in ('live', 'duplicate')`,
    values: [segmentIds],
  });
}

/** Whether the segment has a row. */
export async function isSegmentKnown(client: Queryable, segmentId: string): Promise<boolean> {
  const found = await client.query({
    name: 'is-segment-known',
    text: 'select from segment where segment_id = $1',
    values: [segmentId],
  });
  return found.rowCount === 1;
}
