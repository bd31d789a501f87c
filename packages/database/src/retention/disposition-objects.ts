/** The objects that dispositions delete: kept by key until they are seen gone in the store and in every copy of it. */
import type { Queryable } from '../database.ts';
import { rows } from '../read-rows.ts';

/** Adds objects to a disposition; returns those that it did not have. They count from when the journal has them. */
export async function addDispositionObjects(
  client: Queryable,
  dispositionId: string,
  objectKeys: readonly string[],
): Promise<string[]> {
  const added = await client.query<{ object_key: string }>({
    name: 'add-disposition-objects',
    text: `insert into disposition_object (disposition_id, object_key)
      select $1, key from unnest($2::text[]) as key on conflict do nothing returning object_key`,
    values: [dispositionId, objectKeys],
  });
  return added.rows.map((row) => row.object_key).sort();
}

/**
 * Up to `limit` objects that are still to be seen gone, in the order of their keys. Those that a process has just begun to
 * copy to the replica come up when its claim has passed: a copy must not be made after the original was deleted.
 */
export async function objectsToDelete(
  client: Queryable,
  dispositionId: string,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<string[]> {
  const found = await rows<{ key: string }>(
    client,
    `select o.object_key as key from disposition_object o
      where o.disposition_id = $1 and o.gone_at is null and o.object_key > $2
        and not exists (select from segment g where g.object_key = o.object_key and g.state <> 'deleted'
          and g.replicated_at is null and g.replication_retry_at > now())
      order by o.object_key limit $3`,
    [dispositionId, after, limit],
  );
  return found.map(({ key }) => key);
}

/** How many objects a disposition has, and how many of them are still to be seen gone. */
export interface ObjectCounts {
  readonly objects: number;
  readonly left: number;
}

/** Counts them. */
export async function countDispositionObjects(
  client: Queryable,
  dispositionId: string,
): Promise<ObjectCounts> {
  const [counts] = await rows<ObjectCounts>(
    client,
    `select count(*) as objects, count(*) filter (where gone_at is null) as left
      from disposition_object where disposition_id = $1`,
    [dispositionId],
  );
  return counts ?? { objects: 0, left: 0 };
}

/** Of these keys, those that the disposition deletes. */
export async function keysOfDisposition(
  client: Queryable,
  dispositionId: string,
  objectKeys: readonly string[],
): Promise<string[]> {
  const found = await rows<{ key: string }>(
    client,
    'select object_key as key from disposition_object where disposition_id = $1 and object_key = any ($2::text[])',
    [dispositionId, objectKeys],
  );
  return found.map(({ key }) => key);
}

/**
 * Of these keys, those of segments of the study that were given up and deleted before: a copy was left of them, e.g. by a
 * replica that was away.
 */
export async function keysOfDeletedSegments(
  client: Queryable,
  studyInstanceUid: string,
  objectKeys: readonly string[],
): Promise<string[]> {
  const found = await rows<{ key: string }>(
    client,
    `select object_key as key from segment where object_key = any ($2::text[]) and state = 'deleted'
      and study_key = (select study_key from study where study_instance_uid = $1) order by object_key`,
    [studyInstanceUid, objectKeys],
  );
  return found.map(({ key }) => key);
}

/** Notes that every version of these objects is gone, here and in every copy. */
export async function recordObjectsGone(
  client: Queryable,
  dispositionId: string,
  { objectKeys, now }: { readonly objectKeys: readonly string[]; readonly now: Date },
): Promise<void> {
  await client.query({
    name: 'record-objects-gone',
    text: `update disposition_object set gone_at = $3
      where disposition_id = $1 and object_key = any ($2::text[]) and gone_at is null`,
    values: [dispositionId, objectKeys, now],
  });
}
