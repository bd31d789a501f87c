/**
 * The journal's lines on their way to the store: a batch is assigned in a transaction, written as one object by whoever
 * comes first, and known to be durable once the head has moved past it. See packages/indexing/src/journal.
 */
import {
  endsEpoch,
  type JournalBatch,
  type JournalLink,
  type JournalPosition,
  maximumBatchLines,
} from '@sandyq/storage';
import type { Database, Queryable } from './database.ts';
import { type JournalLineRow, LINE_COLUMNS, toJournalLine } from './journal.ts';

/** SQL condition on a `journal_line l`: it has a place, and is not known to be in the store. */
const NOT_YET_DURABLE = '(l.epoch, l.position) > (select h.epoch, h.position from journal_head h)';

/** Bytes of the lines of a batch, roughly: far enough below the largest object that is put at once. */
const BATCH_BUDGET_BYTES = 6 * 1024 * 1024;

/** The last durable batch, and how the journal goes on after it. */
export interface JournalHead {
  /** undefined: no batch is known yet. */
  readonly last: JournalLink | undefined;
  /** Where the next batch goes. */
  readonly next: JournalPosition;
}

interface HeadRow {
  epoch: number;
  position: number;
  sha256: Buffer | null;
  epoch_ended: boolean;
  ends_epoch: boolean;
}

const HEAD_COLUMNS = 'epoch, position, sha256, epoch_ended, ends_epoch';

export async function readJournalHead(client: Queryable): Promise<JournalHead> {
  return toHead(await readHead(client, `select ${HEAD_COLUMNS} from journal_head`));
}

/** Until the transaction ends, nobody else assigns batches or moves the head. */
async function lockHead(client: Queryable): Promise<HeadRow> {
  return readHead(client, `select ${HEAD_COLUMNS} from journal_head for update`);
}

/** As {@link readJournalHead}, for a transaction that moves it. */
export async function lockJournalHead(client: Queryable): Promise<JournalHead> {
  return toHead(await lockHead(client));
}

async function readHead(client: Queryable, text: string): Promise<HeadRow> {
  const [row] = (await client.query<HeadRow>({ text })).rows;
  if (row === undefined) throw new TypeError('journal_head has one row');
  return row;
}

function toHead({ epoch, position, sha256, epoch_ended: epochEnded }: HeadRow): JournalHead {
  return {
    last: sha256 === null ? undefined : { epoch, position, sha256: sha256.toString('hex') },
    next: epochEnded ? { epoch: epoch + 1, position: 1 } : { epoch, position: position + 1 },
  };
}

/** Lines that are not known to be durable. */
export interface PendingLines {
  readonly count: number;
  /** Of the oldest and of the youngest of them; 0: there is none. */
  readonly oldestLineId: number;
  readonly lastLineId: number;
  readonly oldestAt: Date | undefined;
}

export async function pendingJournalLines(client: Queryable): Promise<PendingLines> {
  const result = await client.query<PendingRow>({
    name: 'pending-journal-lines',
    text: `select count(*)::int as count, min(journal_line_id) as first, max(journal_line_id) as last,
        min(occurred_at) as oldest
      from (select journal_line_id, occurred_at from journal_line where epoch is null
        union all select journal_line_id, occurred_at from journal_line l where ${NOT_YET_DURABLE}) pending`,
  });
  const [row] = result.rows;
  return {
    count: row?.count ?? 0,
    oldestLineId: row?.first ?? 0,
    lastLineId: row?.last ?? 0,
    oldestAt: row?.oldest ?? undefined,
  };
}

interface PendingRow {
  count: number;
  first: number | null;
  last: number | null;
  oldest: Date | null;
}

/**
 * The batch to be written next: the one that is assigned and not known to be durable, else one of the oldest pending
 * lines, assigned now. However often and by whoever it is asked, the lines of a place are the same. Undefined: nothing
 * is pending.
 */
export function assignJournalBatch(database: Database): Promise<JournalBatch | undefined> {
  return database.inTransaction(async (client) => {
    const row = await lockHead(client);
    const head = toHead(row);
    const assigned = await readBatch(client, head);
    if (assigned !== undefined) return assigned;
    if (row.ends_epoch && head.last !== undefined) await endEpoch(client, head.next);
    else await assignPending(client, head.next);
    return readBatch(client, head);
  });
}

async function readBatch(client: Queryable, { last, next }: JournalHead): Promise<JournalBatch | undefined> {
  const result = await client.query<JournalLineRow>({
    name: 'read-journal-batch',
    text: `select ${LINE_COLUMNS} from journal_line where epoch = $1 and position = $2 order by ordinal`,
    values: [next.epoch, next.position],
  });
  if (result.rows.length === 0) return undefined;
  return { ...next, previous: last, lines: result.rows.map(toJournalLine) };
}

async function assignPending(client: Queryable, next: JournalPosition): Promise<void> {
  await client.query({
    name: 'assign-journal-batch',
    text: `with oldest as (
        select journal_line_id, octet_length(fact::text) + octet_length(decided_by) + 256 as bytes
        from journal_line where epoch is null order by journal_line_id limit $3),
      fitting as (
        select journal_line_id, row_number() over (order by journal_line_id) as ordinal,
          sum(bytes) over (order by journal_line_id) as bytes from oldest)
      update journal_line l set epoch = $1, position = $2, ordinal = f.ordinal from fitting f
      where l.journal_line_id = f.journal_line_id and (f.bytes <= $4 or f.ordinal = 1)`,
    values: [next.epoch, next.position, maximumBatchLines, BATCH_BUDGET_BYTES],
  });
}

/** The last batch of an epoch has one line, so that everything that is pending goes into the next one. */
async function endEpoch(client: Queryable, next: JournalPosition): Promise<void> {
  await client.query({
    text: `insert into journal_line (kind, fact, decided_by, epoch, position, ordinal)
      values ('epoch-ended', jsonb_build_object('nextEpoch', $1::bigint + 1), 'archive', $1, $2, 1)`,
    values: [next.epoch, next.position],
  });
}

/**
 * Notes that the batch is durable, if the head is where the batch continues it. False: somebody was quicker, or the
 * journal went on differently.
 */
export async function advanceJournalHead(
  client: Queryable,
  batch: JournalBatch,
  sha256: Buffer,
): Promise<boolean> {
  const { previous } = batch;
  const moved = await client.query({
    name: 'advance-journal-head',
    text: `update journal_head set epoch = $1, position = $2, sha256 = $3, epoch_ended = $4, ends_epoch = ends_epoch and not $4
      where sha256 is not distinct from $5 and (epoch, position) < ($1, $2)`,
    values: [
      batch.epoch,
      batch.position,
      sha256,
      endsEpoch(batch),
      previous === undefined ? null : Buffer.from(previous.sha256, 'hex'),
    ],
  });
  return moved.rowCount === 1;
}

/**
 * Gives the lines beyond the head free again: the store has another batch in their place. What the database says from
 * now on belongs into a new epoch.
 */
export async function freeAssignedLines(client: Queryable): Promise<void> {
  await lockHead(client);
  await freeBeyondHead(client);
  await client.query({ text: 'update journal_head set ends_epoch = true' });
}

/** Before a batch of the store is taken over: lines that wait for a place are free for the one that they have there. */
export async function freeLinesBeyond(client: Queryable): Promise<void> {
  await lockHead(client);
  await freeBeyondHead(client);
}

async function freeBeyondHead(client: Queryable): Promise<void> {
  await client.query({
    text: `delete from journal_line l where kind = 'epoch-ended' and written_as is null and ${NOT_YET_DURABLE}`,
  });
  await client.query({
    text: `update journal_line l set epoch = null, position = null, ordinal = null where ${NOT_YET_DURABLE}`,
  });
}

/**
 * Forgets which lines are in the store: it does not have the batch that was the last one. What it has is learnt by
 * reading the whole journal; everything else is written again, in a new epoch.
 */
export async function forgetJournalHead(client: Queryable): Promise<void> {
  await lockHead(client);
  await client.query({
    text: `update journal_head set epoch = 1, position = 0, sha256 = null, epoch_ended = false, ends_epoch = true`,
  });
  await client.query({
    text: `delete from journal_line where kind = 'epoch-ended' and written_as is null`,
  });
  await client.query({
    text: `update journal_line set epoch = null, position = null, ordinal = null where epoch is not null`,
  });
}
