/** Objects that were put back, identical, because they were missing or damaged: recorded before anything is deleted. */
import type { Queryable } from './database.ts';
import { queueNewObject } from './retention/lock-rounds.ts';

/** What is to be put back. */
export interface RestoredObject {
  readonly objectKey: string;
  readonly store: 'primary' | 'replica';
  /** Of the right bytes. */
  readonly sha256: Buffer;
  /** Of what was found in their place; undefined: nothing. */
  readonly damagedSha256: Buffer | undefined;
  readonly decidedBy: string;
}

/** Records what will be done; returns the number under which {@link recordRestored} says that it is done. */
export async function recordRestoring(client: Queryable, object: RestoredObject): Promise<number> {
  const result = await client.query<{ restored_object_id: number }>({
    name: 'record-restoring',
    text: `insert into restored_object (object_key, store, sha256, damaged_sha256, decided_by)
      values ($1, $2, $3, $4, $5) returning restored_object_id`,
    values: [object.objectKey, object.store, object.sha256, object.damagedSha256 ?? null, object.decidedBy],
  });
  const [row] = result.rows;
  if (row === undefined) throw new TypeError('insert … returning returns its row');
  return row.restored_object_id;
}

/** Notes that the object is there again, read back and right. It has no lock that the one before it had. */
export async function recordRestored(client: Queryable, restoredObjectId: number): Promise<void> {
  const restored = await client.query<{ store: RestoredObject['store']; segment_id: string | null }>({
    name: 'record-restored',
    text: `with restored as (
        update restored_object set restored_at = now() where restored_object_id = $1 returning object_key, store)
      select r.store, g.segment_id from restored r left join segment g on g.object_key = r.object_key and g.state <> 'deleted'`,
    values: [restoredObjectId],
  });
  const [row] = restored.rows;
  if (row === undefined || row.segment_id === null) return;
  const place = row.store === 'primary' ? 'store' : 'replica';
  await queueNewObject(client, { segmentId: row.segment_id, place });
}
