/** Tombstones: of an instance that was disposed of, its UID and the digest of its bytes stay; everything else goes. */
import type { NamedInstance } from '@sandyq/storage';
import type { Queryable } from '../database.ts';

/** Instances of one study that a disposition takes. */
export interface Entombed {
  readonly dispositionId: string;
  /** undefined: the database does not have the study. */
  readonly studyKey: number | undefined;
  readonly instances: readonly NamedInstance[];
}

/**
 * Gives these instances their tombstones, also where the database knows nothing of them, and removes their rows. What has
 * one stays as it is, and so does an instance of the same UID with other bytes. The caller holds the locks of
 * lock-content.ts; counts do not change, for what is rejected is not counted.
 */
export async function entombInstances(
  client: Queryable,
  { dispositionId, studyKey, instances }: Entombed,
): Promise<void> {
  const entombed = await client.query<{ sop_instance_uid: string }>({
    name: 'entomb-sop-instances',
    text: `insert into sop_instance as p (sop_instance_uid, sha256, state, disposition_id)
      select t.uid, t.sha256, 'disposed', $1 from unnest($2::text[], $3::bytea[]) as t (uid, sha256) order by t.uid
      on conflict (sop_instance_uid) do update set state = 'disposed', disposition_id = $1, sha256 = excluded.sha256,
        study_key = null, series_key = null, segment_id = null, ordinal = null
      where p.state = 'awaited' or p.state <> 'disposed' and p.sha256 = excluded.sha256
      returning sop_instance_uid`,
    values: [
      dispositionId,
      instances.map(({ sopInstanceUid }) => sopInstanceUid),
      instances.map(({ sha256 }) => Buffer.from(sha256, 'hex')),
    ],
  });
  const uids = entombed.rows.map((row) => row.sop_instance_uid);
  if (uids.length > 0) await removeRows(client, studyKey, uids);
}

async function removeRows(
  client: Queryable,
  studyKey: number | undefined,
  uids: readonly string[],
): Promise<void> {
  const removals: readonly (readonly [table: string, isBelowStudy: boolean])[] = [
    ['instance', true],
    ['instance_metadata', true],
    ['known_encoding', false],
    ['identity_conflict', false],
    ['proposed_correction', false],
    ['awaited_instance', false],
  ];
  for (const [table, isBelowStudy] of removals) {
    if (isBelowStudy && studyKey === undefined) continue;
    await client.query({
      name: `remove-disposed-${table}`,
      text: `delete from ${table} where sop_instance_uid = any ($1) ${isBelowStudy ? 'and study_key = $2' : ''}`,
      values: isBelowStudy ? [uids, studyKey] : [uids],
    });
  }
  await removeAccepted(client, uids);
}

/** Entries of quarantine of these very bytes: that they were accepted is in the journal, and their bytes are nowhere. */
async function removeAccepted(client: Queryable, uids: readonly string[]): Promise<void> {
  await client.query({
    name: 'remove-disposed-accepted',
    text: `delete from quarantine q using sop_instance p
      where p.sop_instance_uid = any ($1) and q.sha256 = p.sha256 and q.sop_instance_uid = p.sop_instance_uid
        and q.state = 'accepted'`,
    values: [uids],
  });
}
