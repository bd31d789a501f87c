/**
 * The journal's lines in the database: written in the transaction that decides, read by the replay of segments. How they
 * reach the store: journal-batches.ts; how a database learns of lines that it has forgotten: journal-catch-up.ts.
 */
import {
  assertJournalLine,
  isStorageError,
  type JournalFact,
  type JournalFacts,
  type JournalLine,
  parseJournalLine,
} from '@sandyq/storage';
import type { Queryable } from './database.ts';
import { DatabaseError } from './errors.ts';

/** What a deciding transaction says. */
export type NewJournalLine = JournalFact & {
  /** Principal or program that decided. */
  readonly decidedBy: string;
  /** Defaults to the time of the transaction. */
  readonly occurredAt?: Date;
};

/**
 * Writes a fact, in the transaction that decides it. Throws DatabaseError('data') for a fact that no batch could hold:
 * then nothing is decided.
 */
export async function writeJournalLine(client: Queryable, line: NewJournalLine): Promise<void> {
  assertExportable(line);
  const { segmentId, sha256 } = subjectOf(line);
  await client.query({
    name: 'write-journal-line',
    text: `insert into journal_line (kind, fact, decided_by, segment_id, sha256, occurred_at)
      values ($1, $2, $3, $4, $5, date_trunc('milliseconds', coalesce($6, now())))`,
    values: [
      line.kind,
      JSON.stringify(line.fact),
      line.decidedBy,
      segmentId,
      sha256,
      line.occurredAt ?? null,
    ],
  });
}

/** As {@link writeJournalLine}, unless the same was said of these bytes of this segment before. */
export async function writeJournalLineOnce(client: Queryable, line: NewJournalLine): Promise<void> {
  const { segmentId, sha256 } = subjectOf(line);
  const said = await client.query({
    name: 'find-journal-line',
    text: 'select from journal_line where segment_id = $1 and sha256 = $2 and kind = $3 limit 1',
    values: [segmentId, sha256, line.kind],
  });
  if (said.rowCount === 0) await writeJournalLine(client, line);
}

/** The longest number and time that a line may be given; what is asserted here holds for any. */
const WIDEST = { id: Number.MAX_SAFE_INTEGER, occurredAt: '2000-01-01T00:00:00.000Z' };

function assertExportable(line: NewJournalLine): void {
  try {
    assertJournalLine({
      kind: line.kind,
      fact: line.fact,
      decidedBy: line.decidedBy,
      ...WIDEST,
    } as JournalLine);
  } catch (error) {
    if (!isStorageError(error)) throw error;
    throw new DatabaseError('data', error.message, { cause: error });
  }
}

/** The original segment and the bytes that a fact is about. */
export interface JournalSubject {
  readonly segmentId: string | null;
  readonly sha256: Buffer | null;
}

/** Which original segment and which bytes the fact is about: where accepted bytes were taken to another, that one. */
export function subjectOf({ kind, fact }: JournalFact): JournalSubject {
  const place = 'place' in fact ? fact.place : undefined;
  const segmentId = place?.segmentId ?? ('segmentId' in fact ? fact.segmentId : undefined);
  // The digest of a plan is about no entry.
  const sha256 = 'sha256' in fact && kind !== 'plan-approved' ? Buffer.from(fact.sha256, 'hex') : null;
  return { segmentId: segmentId ?? null, sha256 };
}

/** A line as the replay of a segment reads it. */
export interface EntryFact {
  readonly line: JournalLine;
  readonly segmentId: string;
  /** Lower-case hex; undefined: the fact is about the segment as a whole. */
  readonly sha256: string | undefined;
  /** Of `instance-equal`: the bytes that it was compared with have lost the SOP Instance UID since. */
  readonly isOver: boolean;
}

/**
 * The facts about the entries of these original segments, and about the segments, in the order of the deciding. Bytes
 * that were accepted into another segment are told of in both. Fold them with `foldEntryFacts` of packages/indexing.
 */
export async function readEntryFacts(client: Queryable, segmentIds: readonly string[]): Promise<EntryFact[]> {
  const result = await client.query<
    JournalLineRow & { about: string; sha256: Buffer | null; is_over: boolean }
  >({
    name: 'read-entry-facts',
    text: `with told as (
        select l.*, l.segment_id as about from journal_line l where l.segment_id = any ($1::uuid[])
        union all
        select l.*, (l.fact ->> 'segmentId')::uuid from journal_line l
          where l.kind = 'quarantine-accepted' and l.fact ->> 'segmentId' = any ($2::text[])
            and l.segment_id <> (l.fact ->> 'segmentId')::uuid)
      select ${LINE_COLUMNS}, about, sha256,
        kind = 'instance-equal' and exists (select from journal_line r
          where r.kind = 'instance-replaced' and r.sha256 = decode(told.fact ->> 'holderSha256', 'hex')
            and r.fact ->> 'sopInstanceUid' = told.fact ->> 'sopInstanceUid') as is_over
      from told order by ${LINE_ORDER}`,
    values: [segmentIds, segmentIds],
  });
  return result.rows.map((row) => ({
    line: toJournalLine(row),
    segmentId: row.about,
    sha256: row.sha256?.toString('hex'),
    isOver: row.is_over,
  }));
}

/** Of these segments, those that the journal says are superseded, with the time from which their grace counts. */
export async function supersededInJournal(
  client: Queryable,
  segmentIds: readonly string[],
): Promise<Map<string, Date>> {
  const result = await client.query<{ segment_id: string; occurred_at: Date }>({
    name: 'superseded-in-journal',
    text: `select segment_id, min(occurred_at) as occurred_at from journal_line
      where segment_id = any ($1::uuid[]) and kind = 'segment-superseded' group by segment_id`,
    values: [segmentIds],
  });
  return new Map(result.rows.map((row) => [row.segment_id, row.occurred_at]));
}

/** SQL condition on a `journal_line l`: it is in the store. A line without a place, or beyond the head, may not be yet. */
export const DURABLE = '(l.epoch, l.position) <= (select h.epoch, h.position from journal_head h)';

/** Columns of a line, in a row of {@link JournalLineRow}. */
export const LINE_COLUMNS =
  'coalesce(written_as, journal_line_id) as id, kind, fact, decided_by, occurred_at';

/** The order of the deciding: as the store has it, then what is not in a batch yet. */
export const LINE_ORDER = 'epoch nulls last, position, ordinal, journal_line_id';

/** A line as PostgreSQL gives it. */
export interface JournalLineRow {
  id: number;
  kind: string;
  fact: object;
  decided_by: string;
  occurred_at: Date;
}

/** The line, read as strictly as one of the store. */
export function toJournalLine(row: JournalLineRow): JournalLine {
  const { id, kind, fact, decided_by: decidedBy, occurred_at: occurredAt } = row;
  return parseJournalLine({ id, kind, fact, decidedBy, occurredAt: occurredAt.toISOString() });
}

/** What the last checkpoint said; undefined: there is none. */
export async function lastCheckpoint(client: Queryable): Promise<JournalFacts['checkpoint'] | undefined> {
  const result = await client.query<{ fact: JournalFacts['checkpoint'] }>({
    name: 'last-checkpoint',
    text: `select fact from journal_line where kind = 'checkpoint' order by journal_line_id desc limit 1`,
  });
  return result.rows[0]?.fact;
}
