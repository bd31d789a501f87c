/**
 * Multi-row `insert … values`, the fastest form `pg` has, in statements of 1, 2, 4, 8 or 16 rows: few enough that each
 * connection keeps the plans of all of them, and none is parsed twice.
 */
import type { Queryable } from './database.ts';

/** Rows of a statement, greatest first. */
const SIZES = [16, 8, 4, 2, 1] as const;

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

/**
 * Inserts `rows` (each aligned with `columns`) in order; returns what `returning` gave. Several statements are sent at
 * once: `client` is a transaction, or what is inserted need not be there together.
 */
export async function insertRows<Row extends Record<string, unknown>>(
  client: Queryable,
  target: InsertTarget,
  rows: readonly (readonly unknown[])[],
): Promise<Row[]> {
  const results = await Promise.all(
    chunksOf(rows).map((chunk) => client.query<Row>(statementOf(target, chunk))),
  );
  return results.flatMap((result) => result.rows);
}

function chunksOf(rows: readonly (readonly unknown[])[]): (readonly (readonly unknown[])[])[] {
  const chunks: (readonly (readonly unknown[])[])[] = [];
  for (let start = 0; start < rows.length; ) {
    const size = SIZES.find((count) => count <= rows.length - start) ?? 1;
    chunks.push(rows.slice(start, start + size));
    start += size;
  }
  return chunks;
}

function statementOf(target: InsertTarget, rows: readonly (readonly unknown[])[]) {
  const text = insertText(target, rows.length);
  return { name: nameOf(text), text, values: rows.flat() };
}

const texts = new WeakMap<InsertTarget, Map<number, string>>();

/** Made once for each target that is a constant. */
function insertText(target: InsertTarget, count: number): string {
  const known = texts.get(target) ?? new Map<number, string>();
  texts.set(target, known);
  const text = known.get(count) ?? writeInsertText(target, count);
  known.set(count, text);
  return text;
}

function writeInsertText(target: InsertTarget, count: number): string {
  const width = target.columns.length;
  const row = (index: number) => {
    const places = target.columns.map((_, column) => `$${index * width + column + 1}`);
    return `(${places.join(',')})`;
  };
  const values = Array.from({ length: count }, (_, index) => row(index)).join(',');
  return `insert into ${target.table} (${target.columns.join(', ')}) values ${values} ${target.suffix ?? ''}`;
}
