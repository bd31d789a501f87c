/** The lines of the journal as the store must have them, batch after batch: what a lost batch can be made of again. */
import type { JournalLine, JournalPosition } from '@sandyq/storage';
import type { Queryable } from './database.ts';
import { DURABLE, type JournalLineRow, LINE_COLUMNS, toJournalLine } from './journal.ts';

/** The batch that follows `after` among those that are known to be durable; undefined after the last one. */
export async function readDurableBatch(
  client: Queryable,
  after: JournalPosition | undefined,
): Promise<(JournalPosition & { readonly lines: readonly JournalLine[] }) | undefined> {
  const result = await client.query<JournalLineRow & JournalPosition>({
    name: 'read-durable-batch',
    text: `select l.epoch, l.position, ${LINE_COLUMNS} from journal_line l
      where (l.epoch, l.position) = (
        select epoch, position from journal_line n where n.epoch is not null and (n.epoch, n.position) > ($1, $2)
        order by epoch, position limit 1)
      and ${DURABLE} order by l.ordinal`,
    values: [after?.epoch ?? 0, after?.position ?? 0],
  });
  const [first] = result.rows;
  if (first === undefined) return undefined;
  return { epoch: first.epoch, position: first.position, lines: result.rows.map(toJournalLine) };
}
