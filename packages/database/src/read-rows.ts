/** Rows as typed objects whose columns are named as their members. */
import type { Queryable } from './database.ts';
import { DatabaseError } from './errors.ts';

/** Rows with null read as undefined: absent is absent on our side of the wire. */
export async function rows<Row extends object>(
  client: Queryable,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const result = await client.query({ text, values });
  return result.rows.map(
    (row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, value ?? undefined])) as Row,
  );
}

/** The only row; throws DatabaseError('not-found') where there is none. */
export function one<Row>(found: readonly Row[], what: string): Row {
  const [row] = found;
  if (row === undefined) throw new DatabaseError('not-found', `there is no ${what}`);
  return row;
}
