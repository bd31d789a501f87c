/** Which objects the replica holds, and which wait to be copied to it. A row is claimed by one process at a time. */
import type { Database, Queryable } from './database.ts';
import { queueNewObject } from './retention/lock-rounds.ts';

/** What has rows that say so; the journal is copied in order and has a cursor (replication-target.ts). */
export type ReplicatedKind = 'segment' | 'quarantine';

/** An object that waits to be copied. */
export interface ObjectToReplicate {
  readonly kind: ReplicatedKind;
  /** Segment id, or number of the quarantine entry. */
  readonly id: string;
  readonly objectKey: string;
  readonly sizeBytes: number;
  /** Of a segment's receipt, or of the quarantined bytes. */
  readonly sha256: Buffer;
}

/** Why an object can't be copied: its bytes are not what was acknowledged, or the replica has others under its key. */
export type ReplicationFault = 'damaged' | 'conflict';

/** What waits, of one kind. */
export interface Backlog {
  readonly objects: number;
  readonly bytes: number;
  /** Seconds since the oldest of them was received; 0 if none waits. */
  readonly oldestSeconds: number;
  /** Objects that cannot be copied, by reason: a person has to look. */
  readonly damaged: number;
  readonly conflicts: number;
}

/** Where each kind keeps what. */
const TABLES = {
  segment: {
    name: 'segment',
    id: 'segment_id',
    type: 'uuid',
    size: 'size_bytes',
    sha256: 'receipt_sha256',
    waits: `state in ('live', 'duplicate')`,
  },
  quarantine: {
    name: 'quarantine',
    id: 'quarantine_id',
    type: 'bigint',
    size: 'entry_length',
    sha256: 'sha256',
    waits: `segment_id is null and state = 'open'`,
  },
} as const satisfies Record<ReplicatedKind, Readonly<Record<string, string>>>;

/** A claim lasts so long, in seconds, and one more for each mebibyte. */
const CLAIM_SECONDS = 300;

/**
 * The oldest objects of a kind that wait, at most `limit`, claimed: no other process gets them until the claim has
 * passed, long enough to copy them; a dead process's claim passes by itself.
 */
export async function claimForReplication(
  database: Database,
  kind: ReplicatedKind,
  limit: number,
): Promise<ObjectToReplicate[]> {
  const { name, id, size, sha256, waits } = TABLES[kind];
  return database.inTransaction(async (client) => {
    const found = await client.query<ObjectRow>({
      name: `claim-for-replication-${kind}`,
      text: `with due as (
          select ${id} from ${name} where replicated_at is null and ${waits}
            and (replication_retry_at is null or replication_retry_at <= now())
          order by received_at limit $1 for update skip locked)
        update ${name} o set replication_retry_at = now() + make_interval(secs => ${CLAIM_SECONDS} + o.${size} / 1048576.0)
        from due where o.${id} = due.${id}
        returning o.${id}::text as id, o.object_key, o.${size} as size_bytes, o.${sha256} as sha256`,
      values: [limit],
    });
    return found.rows.map((row) => toObject(kind, row));
  });
}

/** Notes that the replica holds the object. */
export async function recordReplicated(
  client: Queryable,
  { kind, id, objectKey }: ObjectToReplicate,
): Promise<void> {
  const table = TABLES[kind];
  await client.query({
    name: `record-replicated-${kind}`,
    text: `update ${table.name} set replicated_at = now(), replication_fault = null
      where ${table.id} = $1::${table.type} and object_key = $2`,
    values: [id, objectKey],
  });
  if (kind === 'segment') await queueNewObject(client, { segmentId: id, place: 'replica' });
}

/** Gives a claim back: the next attempt may be made in `seconds`. `fault`: why there is none before a person has looked. */
export async function postponeReplication(
  client: Queryable,
  { kind, id }: Pick<ObjectToReplicate, 'kind' | 'id'>,
  { seconds, fault }: { readonly seconds: number; readonly fault?: ReplicationFault | undefined },
): Promise<void> {
  const table = TABLES[kind];
  await client.query({
    name: `postpone-replication-${kind}`,
    text: `update ${table.name} set replication_retry_at = now() + make_interval(secs => $2), replication_fault = $3
      where ${table.id} = $1::${table.type}`,
    values: [id, seconds, fault ?? null],
  });
}

/** Notes that the replica lacks an object that it was known to hold: it is copied again. */
export async function recordNotReplicated(
  client: Queryable,
  { kind, id }: Pick<ObjectToReplicate, 'kind' | 'id'>,
): Promise<void> {
  const table = TABLES[kind];
  await client.query({
    name: `record-not-replicated-${kind}`,
    text: `update ${table.name} set replicated_at = null, replication_retry_at = now(), replication_fault = null
      where ${table.id} = $1::${table.type}`,
    values: [id],
  });
}

/**
 * Objects of a kind that the replica is known to hold, rightly or not, in the order of their ids, after `after`: also
 * those under whose key it has something else.
 */
export async function replicatedObjects(
  client: Queryable,
  kind: ReplicatedKind,
  page: {
    readonly after: string | undefined;
    readonly limit: number;
    readonly studyInstanceUid?: string | undefined;
  },
): Promise<ObjectToReplicate[]> {
  const { name, id, type, size, sha256, waits } = TABLES[kind];
  const { after, limit, studyInstanceUid } = page;
  const ofStudy = 'and study_key = (select study_key from study where study_instance_uid = $3)';
  const found = await client.query<ObjectRow>({
    text: `select ${id}::text as id, object_key, ${size} as size_bytes, ${sha256} as sha256 from ${name}
      where (replicated_at is not null or replication_fault = 'conflict') and ${waits} and ($1::${type} is null or ${id} > $1::${type})
        ${studyInstanceUid === undefined ? '' : ofStudy}
      order by ${id} limit $2`,
    values: [after ?? null, limit, ...(studyInstanceUid === undefined ? [] : [studyInstanceUid])],
  });
  return found.rows.map((row) => toObject(kind, row));
}

/** What waits of a kind, exactly. */
export async function replicationBacklog(client: Queryable, kind: ReplicatedKind): Promise<Backlog> {
  const { name, size, waits } = TABLES[kind];
  const result = await client.query<{
    objects: number;
    bytes: number;
    oldest_seconds: number;
    damaged: number;
    conflicts: number;
  }>({
    name: `replication-backlog-${kind}`,
    text: `select count(*) as objects, coalesce(sum(${size}), 0)::float8 as bytes,
        greatest(coalesce(extract(epoch from now() - min(received_at)), 0), 0)::float8 as oldest_seconds,
        count(*) filter (where replication_fault = 'damaged') as damaged,
        count(*) filter (where replication_fault = 'conflict') as conflicts
      from ${name} where replicated_at is null and ${waits}`,
  });
  const [row] = result.rows;
  if (row === undefined) throw new TypeError('an aggregate has one row');
  const { objects, bytes, oldest_seconds: oldestSeconds, damaged, conflicts } = row;
  return { objects, bytes, oldestSeconds, damaged, conflicts };
}

/**
 * Objects that are gone here and may go from the replica, oldest first: only once everything that was stored before they
 * went here is there, and with it what holds their bytes now.
 */
export async function replicaDeletions(client: Queryable, limit: number): Promise<string[]> {
  const result = await client.query<{ object_key: string }>({
    name: 'replica-deletions',
    text: `select object_key from replica_deletion
      where (retry_at is null or retry_at <= now()) and recorded_at < coalesce((select min(received_at) from segment
        where replicated_at is null and state in ('live', 'duplicate')), 'infinity')
      order by recorded_at limit $1`,
    values: [limit],
  });
  return result.rows.map((row) => row.object_key);
}

/** Puts one off that the replica keeps locked: it does not keep the others from going. */
export async function postponeReplicaDeletion(
  client: Queryable,
  objectKey: string,
  seconds: number,
): Promise<void> {
  await client.query({
    name: 'postpone-replica-deletion',
    text: 'update replica_deletion set retry_at = now() + make_interval(secs => $2) where object_key = $1',
    values: [objectKey, seconds],
  });
}

/** How many of them there are. */
export async function countReplicaDeletions(client: Queryable): Promise<number> {
  const result = await client.query<{ count: number }>({
    name: 'count-replica-deletions',
    text: 'select count(*) as count from replica_deletion',
  });
  return result.rows[0]?.count ?? 0;
}

/** Notes that the replica does not have them any more. */
export async function recordReplicaDeleted(client: Queryable, objectKeys: readonly string[]): Promise<void> {
  await client.query({
    name: 'record-replica-deleted',
    text: 'delete from replica_deletion where object_key = any ($1)',
    values: [objectKeys],
  });
}

interface ObjectRow {
  id: string;
  object_key: string;
  size_bytes: number;
  sha256: Buffer;
}

function toObject(kind: ReplicatedKind, row: ObjectRow): ObjectToReplicate {
  return { kind, id: row.id, objectKey: row.object_key, sizeBytes: row.size_bytes, sha256: row.sha256 };
}
