/** Multi-row `insert … values`, the fastest form `pg` has for batches of up to some hundred rows. */
import type { Queryable } from './database.ts';

/** PostgreSQL counts parameters in 16 bits. */
const MAX_PARAMETERS = 65_535;

/** Plans are kept for batches up to so many rows. */
const KEPT_PLAN_ROWS = 4;

const names = new Map<string, string>();

/** A name belongs to one text: a few a table. */
function nameOf(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  const name = `insert-${names.size}`;
  names.set(text, name);
  return name;
}

export interface InsertTarget {
  readonly table: string;
  readonly columns: readonly string[];
  /** e.g. `on conflict do nothing returning sop_instance_uid` */
  readonly suffix?: string;
}

/** Inserts `rows` (each aligned with `columns`) in order; returns what `returning` gave. */
export async function insertRows<Row extends Record<string, unknown>>(
  client: Queryable,
  target: InsertTarget,
  rows: readonly (readonly unknown[])[],
): Promise<Row[]> {
  const perStatement = Math.min(256, Math.floor(MAX_PARAMETERS / target.columns.length));
  const returned: Row[] = [];
  for (let start = 0; start < rows.length; start += perStatement) {
    const chunk = rows.slice(start, start + perStatement);
    const text = insertText(target, chunk.length);
    const result = await client.query<Row>({
      // Small batches are the daily bread: their plans are kept.
      ...(chunk.length <= KEPT_PLAN_ROWS ? { name: nameOf(text) } : {}),
      text,
      values: chunk.flat(),
    });
    returned.push(...result.rows);
  }
  return returned;
}

function insertText(target: InsertTarget, count: number): string {
  const width = target.columns.length;
  const row = (index: number) => {
    const places = target.columns.map((_, column) => `$${index * width + column + 1}`);
    return `(${places.join(',')})`;
  };
  const values = Array.from({ length: count }, (_, index) => row(index)).join(',');
  return `insert into ${target.table} (${target.columns.join(', ')}) values ${values} ${target.suffix ?? ''}`;
}
