/** Instances that are hidden or shown: their states, and what searches, caches and readers of the change feed see of it. */
import type { Queryable } from '../database.ts';
import { recountAfterChange } from './recount.ts';

/** An instance of the study that is hidden or shown. */
export interface ChangedInstance {
  readonly series_key: number;
  readonly series_instance_uid: string;
  readonly sop_instance_uid: string;
  readonly sha256: Buffer;
}

/** Gives the instances of a rejection another state. `state`: an SQL expression over `r`, the row of the register. */
export async function setStates(
  client: Queryable,
  { studyKey, rejectionId, state }: { studyKey: number; rejectionId: string; state: string },
): Promise<void> {
  const kind = state === `'rejected'` ? 'reject' : 'restore';
  await client.query({
    name: `${kind}-sop-instances`,
    text: `update sop_instance p set state = ${state} from rejected_instance r
      where r.rejection_id = $1 and p.sop_instance_uid = r.sop_instance_uid and p.state <> 'disposed'`,
    values: [rejectionId],
  });
  await client.query({
    name: `${kind}-instances`,
    text: `update instance i set state = ${state} from rejected_instance r
      where r.rejection_id = $1 and i.study_key = $2 and i.sop_instance_uid = r.sop_instance_uid`,
    values: [rejectionId, studyKey],
  });
}

/** Gives these instances of a study the state `rejected`. */
export async function hideRows(
  client: Queryable,
  studyKey: number,
  sopInstanceUids: readonly string[],
): Promise<void> {
  await client.query({
    name: 'hide-sop-instances',
    text: `update sop_instance set state = 'rejected' where sop_instance_uid = any ($1)`,
    values: [sopInstanceUids],
  });
  await client.query({
    name: 'hide-instances',
    text: `update instance set state = 'rejected' where study_key = $1 and sop_instance_uid = any ($2)`,
    values: [studyKey, sopInstanceUids],
  });
}

/** What has become of them. `shown`, `held-out`: a link between patients has settled a conflict, or does not any more. */
export interface ShownChange {
  readonly kind: 'rejected' | 'restored' | 'shown' | 'held-out';
  readonly studyKey: number;
  readonly studyInstanceUid: string;
  readonly instances: readonly ChangedInstance[];
  readonly now: Date;
}

/** What searches, caches and readers of the change feed see of it. */
export async function showChange(client: Queryable, change: ShownChange): Promise<void> {
  const { kind, studyKey, studyInstanceUid, instances, now } = change;
  const bySeries = Map.groupBy(instances, (one) => one.series_key);
  if (bySeries.size === 0) return;
  await recountAfterChange(client, { studyKey, seriesKeys: [...bySeries.keys()], now });
  for (const members of bySeries.values()) {
    await client.query({
      name: 'announce-rejection',
      text: `insert into change_outbox
          (kind, study_key, study_instance_uid, series_instance_uid, sop_instance_uids, occurred_at)
        values ($1, $2, $3, $4, $5, $6)`,
      values: [
        kind,
        studyKey,
        studyInstanceUid,
        members[0]?.series_instance_uid,
        members.map((one) => one.sop_instance_uid),
        now,
      ],
    });
  }
}

/** What was decided on the study has hidden and shown nothing; a replay of its segments cannot tell. */
export async function noteDecision(client: Queryable, studyKey: number, now: Date): Promise<void> {
  await client.query({
    name: 'note-decision-on-study',
    text: 'update study set updated_at = greatest(updated_at, $2) where study_key = $1',
    values: [studyKey, now],
  });
}
