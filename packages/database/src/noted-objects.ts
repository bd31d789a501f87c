/** Objects of the store that the index cannot take in or cannot believe: they stay, and people are told of them. */
import type { Queryable } from './database.ts';

/**
 * `damaged`: a segment that is not whole; `unlisted`: a quarantine object that no entry speaks of; `foreign`: not an
 * object of the archive; `failed`: a whole segment that could not be indexed.
 */
export type NotedKind = 'damaged' | 'unlisted' | 'foreign' | 'failed';

/** What was met, without values of a data set. */
export interface NewNote {
  readonly key: string;
  readonly kind: NotedKind;
  readonly what: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
}

/** An object as it was when it was examined. */
export interface NotedObject extends NewNote {
  readonly foundAt: Date;
  /** How long ago it was examined in full, in milliseconds of the database's clock. */
  readonly examinedForMs: number;
}

/** Notes an object, or that it was examined again. Whether it is news: not noted before, or as something else. */
export async function noteObject(client: Queryable, note: NewNote): Promise<boolean> {
  const before = await client.query<{ kind: NotedKind }>({
    name: 'noted-kind',
    text: 'select kind from noted_object where object_key = $1',
    values: [note.key],
  });
  await client.query({
    name: 'note-object',
    text: `insert into noted_object (object_key, kind, what, size_bytes, modified_at) values ($1, $2, $3, $4, $5)
      on conflict (object_key) do update set kind = excluded.kind, what = excluded.what,
        size_bytes = excluded.size_bytes, modified_at = excluded.modified_at, examined_at = now()`,
    values: [note.key, note.kind, note.what, note.sizeBytes, note.modifiedAt],
  });
  return before.rows[0]?.kind !== note.kind;
}

/** The notes on these objects, by key. */
export async function notesOn(client: Queryable, keys: readonly string[]): Promise<Map<string, NotedObject>> {
  const result = await client.query<NotedObjectRow>({
    name: 'notes-on-objects',
    text: `select ${COLUMNS} from noted_object where object_key = any ($1)`,
    values: [keys],
  });
  return new Map(result.rows.map((row) => [row.object_key, toNoted(row)]));
}

/** Forgets notes: the objects are gone, or there is nothing to say of them any more. */
export async function removeNotes(client: Queryable, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await client.query({
    name: 'remove-notes',
    text: 'delete from noted_object where object_key = any ($1)',
    values: [keys],
  });
}

/** Keys of noted objects from `after` (exclusive) up to `upTo` (inclusive; undefined: without end) with this beginning. */
export async function notedKeysBetween(
  client: Queryable,
  between: { prefix: string; after: string; upTo: string | undefined },
  limit: number,
): Promise<string[]> {
  const result = await client.query<{ object_key: string }>({
    name: 'noted-keys-between',
    text: `select object_key from noted_object
      where object_key > $1 and ($2::text is null or object_key <= $2) and starts_with(object_key, $3)
      order by object_key limit $4`,
    values: [between.after, between.upTo ?? null, between.prefix, limit],
  });
  return result.rows.map((row) => row.object_key);
}

/** All of them in key order, a page at a time. */
export async function listNotedObjects(
  client: Queryable,
  after: string,
  limit: number,
): Promise<NotedObject[]> {
  const result = await client.query<NotedObjectRow>({
    name: 'list-noted-objects',
    text: `select ${COLUMNS} from noted_object where object_key > $1 order by object_key limit $2`,
    values: [after, limit],
  });
  return result.rows.map(toNoted);
}

const COLUMNS = `object_key, kind, what, size_bytes, modified_at, found_at,
  extract(epoch from now() - examined_at)::float8 * 1000 as examined_for_ms`;

interface NotedObjectRow {
  object_key: string;
  kind: NotedKind;
  what: string;
  size_bytes: number;
  modified_at: Date;
  found_at: Date;
  examined_for_ms: number;
}

function toNoted(row: NotedObjectRow): NotedObject {
  return {
    key: row.object_key,
    kind: row.kind,
    what: row.what,
    sizeBytes: row.size_bytes,
    modifiedAt: row.modified_at,
    foundAt: row.found_at,
    examinedForMs: row.examined_for_ms,
  };
}
