/** The end of a disposition: every object was seen gone; tombstones, the plan, the journal and the change feed say so. */
import { maximumInstancesOfLine, type NamedInstance } from '@sandyq/storage';
import type { Queryable } from '../database.ts';
import { writeJournalLine } from '../journal.ts';
import { rows } from '../read-rows.ts';
import { countDispositionObjects } from './disposition-objects.ts';
import { type Disposition, readDisposition } from './dispositions.ts';
import { entombInstances } from './entomb-instances.ts';
import { lockStudyContent } from './lock-content.ts';
import { removeIfEmpty } from './remove-study.ts';

/**
 * Ends it, in a transaction. Returns how many objects are still to be seen gone: then, and if it has ended before, nothing
 * is changed. It is reported, and certified, when its journal lines are durable.
 */
export async function endDisposition(
  client: Queryable,
  { dispositionId, now }: { readonly dispositionId: string; readonly now: Date },
): Promise<number> {
  const { studyInstanceUid } = await readDisposition(client, dispositionId);
  const study = await lockStudyContent(client, studyInstanceUid);
  const disposition = await readDisposition(client, dispositionId, 'for update');
  const { left } = await countDispositionObjects(client, dispositionId);
  if (left > 0 || disposition.endedAt !== undefined) return left;
  const studyKey = study?.studyKey;
  const instances = await instancesOf(client, disposition);
  for (let start = 0; start === 0 || start < instances.length; start += maximumInstancesOfLine) {
    const some = instances.slice(start, start + maximumInstancesOfLine);
    await entombInstances(client, { dispositionId, studyKey, instances: some });
    const isLast = start + maximumInstancesOfLine >= instances.length;
    await journalDisposed(client, disposition, { instances: some, isLast, now });
  }
  await announceDisposed(client, disposition, { studyKey, instances, now });
  await settleDisposed(client, { disposition, studyKey, now });
  return 0;
}

/** What rows say when a disposition is over: its objects, rejections, plan and study. Within its last transaction. */
export async function settleDisposed(
  client: Queryable,
  over: { readonly disposition: Disposition; readonly studyKey: number | undefined; readonly now: Date },
): Promise<void> {
  const { disposition, studyKey, now } = over;
  await forgetObjects(client, disposition.dispositionId);
  await endRejections(client, disposition, now);
  await client.query({
    name: 'end-disposition',
    text: 'update disposition set ended_at = $2 where disposition_id = $1 and ended_at is null',
    values: [disposition.dispositionId, now],
  });
  await client.query({
    name: 'record-purged-item',
    text: `update disposition_plan_item set state = 'purged', outcome = null, changed_at = $4
      where plan_id = $1 and study_instance_uid = $2 and (rejection_id is null or rejection_id = $3)
        and state in ('planned', 'rejected', 'purging')`,
    values: [disposition.planId, disposition.studyInstanceUid, disposition.rejectionId, now],
  });
  if (studyKey !== undefined) await removeIfEmpty(client, studyKey);
}

/**
 * SQL: the rejections that disposition $1 carries out. A whole study goes with those that its beginning took: what came and
 * was rejected after it is another plan's, whatever the clocks say.
 */
const REJECTIONS = `select j.rejection_id from disposition d join rejection j on j.study_instance_uid = d.study_instance_uid
  where d.disposition_id = $1 and (j.rejection_id = d.rejection_id or (d.is_whole_study and j.state = 'purging'))`;

/** What a disposition takes, or has taken and not ended, by series and UID. */
export async function instancesOf(
  client: Queryable,
  { dispositionId }: Pick<Disposition, 'dispositionId'>,
): Promise<NamedInstance[]> {
  return rows<NamedInstance>(
    client,
    `select series_instance_uid as "seriesInstanceUid", sop_instance_uid as "sopInstanceUid",
        encode(sha256, 'hex') as sha256
      from rejected_instance where rejection_id in (${REJECTIONS}) order by series_instance_uid, sop_instance_uid`,
    [dispositionId],
  );
}

async function journalDisposed(
  client: Queryable,
  { dispositionId, studyInstanceUid, executedBy }: Disposition,
  line: { readonly instances: readonly NamedInstance[]; readonly isLast: boolean; readonly now: Date },
): Promise<void> {
  const { instances, isLast, now } = line;
  await writeJournalLine(client, {
    kind: 'instances-disposed',
    decidedBy: executedBy,
    occurredAt: now,
    fact: { dispositionId, studyInstanceUid, instances, isLast },
  });
}

/** One line of the change feed for each series. */
export async function announceDisposed(
  client: Queryable,
  { studyInstanceUid }: Disposition,
  change: {
    readonly studyKey: number | undefined;
    readonly instances: readonly NamedInstance[];
    readonly now: Date;
  },
): Promise<void> {
  for (const [seriesInstanceUid, members] of Map.groupBy(change.instances, (one) => one.seriesInstanceUid)) {
    await client.query({
      name: 'announce-disposed',
      text: `insert into change_outbox
          (kind, study_key, study_instance_uid, series_instance_uid, sop_instance_uids, occurred_at)
        values ('disposed', $1, $2, $3, $4, $5)`,
      values: [
        change.studyKey ?? null,
        studyInstanceUid,
        seriesInstanceUid,
        members.map(({ sopInstanceUid }) => sopInstanceUid),
        change.now,
      ],
    });
  }
}

/**
 * Nothing looks for objects that are gone: their segments, their damage, their place in the replica, what quarantine lists of
 * their bytes. That it was accepted, or replaced, stays true and stays in the journal; it is never told as discarded, which
 * nobody decided, and an index that is made anew has no such rows either. In a database that is catching up instances may lie in one of them still, until the rewrite that took them over is found.
 */
async function forgetObjects(client: Queryable, dispositionId: string): Promise<void> {
  const listed = '(select o.object_key from disposition_object o where o.disposition_id = $1)';
  const statements: readonly (readonly [name: string, text: string])[] = [
    [
      'segments',
      `update segment set state = 'deleted', deleted_at = now(), compact_due = null
        where object_key in ${listed} and state <> 'deleted'
          and not exists (select from instance i where i.segment_id = segment.segment_id)`,
    ],
    [
      'damage',
      `delete from damage where segment_id in (select g.segment_id from segment g where g.object_key in ${listed})`,
    ],
    [
      'quarantined',
      `delete from quarantine q using segment g
        where g.object_key in ${listed} and q.segment_id = g.segment_id and q.state in ('accepted', 'replaced')`,
    ],
    ['leftovers', `update quarantine set leftover_object_key = null where leftover_object_key in ${listed}`],
    ['notes', `delete from noted_object where object_key in ${listed}`],
    // Last: the statements above may have put them there.
    ['replica-deletions', `delete from replica_deletion where object_key in ${listed}`],
  ];
  for (const [name, text] of statements)
    await client.query({ name: `forget-disposed-${name}`, text, values: [dispositionId] });
}

async function endRejections(client: Queryable, disposition: Disposition, now: Date): Promise<void> {
  const { dispositionId, executedBy } = disposition;
  await client.query({
    name: 'unregister-disposed',
    text: `delete from rejected_instance where rejection_id in (${REJECTIONS})`,
    values: [dispositionId],
  });
  await client.query({
    name: 'end-rejections',
    text: `update rejection set state = 'purged', decided_by = $2, decided_at = $3 where rejection_id in (${REJECTIONS})`,
    values: [dispositionId, executedBy, now],
  });
}
