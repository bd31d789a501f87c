/** The point of no return of a study, or of a part of it: from the journal line that this writes its bytes may be gone. */
import { maximumKeysOfLine } from '@sandyq/storage';
import type { Queryable } from '../database.ts';
import { DatabaseError } from '../errors.ts';
import { writeJournalLine } from '../journal.ts';
import { rows } from '../read-rows.ts';
import { addDispositionObjects } from './disposition-objects.ts';
import { insertDisposition, type NewDisposition } from './dispositions.ts';

/**
 * Begins it: its rejections are purged from now on, what is to be deleted is on record, here and in the journal. Nothing is
 * deleted before that line is durable. The caller has locked the study (lock-content.ts), checked everything under that
 * lock, and calls it in the same transaction. Throws DatabaseError('conflict') if something of a study that goes as a
 * whole is not rejected, or if another disposition of the study has not ended.
 */
export async function beginDisposition(
  client: Queryable,
  { studyKey, disposition }: { readonly studyKey: number; readonly disposition: NewDisposition },
): Promise<void> {
  if (disposition.isWholeStudy) await assertAllRejected(client, studyKey);
  await insertDisposition(client, disposition);
  await purgeRejections(client, disposition);
  const objectKeys = disposition.isWholeStudy
    ? await giveUpSegments(client, studyKey, disposition.studyInstanceUid)
    : await segmentsOfRejection(client, studyKey, disposition.rejectionId);
  if (objectKeys.length === 0)
    throw new DatabaseError('conflict', 'nothing of what was rejected lies in the store');
  await listDispositionObjects(client, disposition, objectKeys);
}

async function assertAllRejected(client: Queryable, studyKey: number): Promise<void> {
  const shown = await client.query({
    name: 'find-instance-not-rejected',
    text: `select from instance where study_key = $1 and state <> 'rejected' limit 1`,
    values: [studyKey],
  });
  if (shown.rowCount !== 0)
    throw new DatabaseError('conflict', 'an instance of the study is not rejected: the study is not purged');
}

/** Of a whole study: everything that was ever rejected of it. */
async function purgeRejections(
  client: Queryable,
  { rejectionId, studyInstanceUid, isWholeStudy, executedBy, begunAt }: NewDisposition,
): Promise<void> {
  const purged = await client.query<{ rejection_id: string }>({
    name: 'purge-rejections',
    text: `update rejection set state = 'purging', decided_by = $4, decided_at = $5
      where study_instance_uid = $2 and state = 'rejected' and (rejection_id = $1 or $3) returning rejection_id`,
    values: [rejectionId, studyInstanceUid, isWholeStudy, executedBy, begunAt],
  });
  if (!purged.rows.some((row) => row.rejection_id === rejectionId))
    throw new DatabaseError('conflict', 'the rejection was restored, or is being purged');
}

/**
 * Every object with bytes of the study: its segments, whatever became of them, and quarantine objects that wait to be
 * cleared away. Nobody joins, copies or checks these segments from here on.
 */
export async function giveUpSegments(
  client: Queryable,
  studyKey: number,
  studyInstanceUid: string,
): Promise<string[]> {
  await client.query({
    name: 'give-up-segments',
    text: `update segment set state = 'superseded', superseded_at = now(), compact_due = null
      where study_key = $1 and state in ('live', 'duplicate')`,
    values: [studyKey],
  });
  const found = await rows<{ key: string }>(
    client,
    `select g.object_key as key from segment g where g.study_key = $1
        and (g.state <> 'deleted' or exists (select from replica_deletion d where d.object_key = g.object_key))
      union
      select leftover_object_key from quarantine where study_instance_uid = $2 and leftover_object_key is not null
      order by key`,
    [studyKey, studyInstanceUid],
  );
  return found.map(({ key }) => key);
}

/**
 * Those in which its instances lie now, and quarantine objects of them that wait to be cleared away. Other copies of them
 * turn up when receipts are read (take-out-rejected.ts).
 */
async function segmentsOfRejection(
  client: Queryable,
  studyKey: number,
  rejectionId: string,
): Promise<string[]> {
  const found = await rows<{ key: string }>(
    client,
    `select g.object_key as key from rejected_instance r
      join instance i on i.study_key = $1 and i.sop_instance_uid = r.sop_instance_uid
      join segment g on g.segment_id = i.segment_id
      where r.rejection_id = $2
      union
      select q.leftover_object_key from quarantine q join rejected_instance r using (study_instance_uid, sop_instance_uid)
      where r.rejection_id = $2 and q.leftover_object_key is not null
      order by key`,
    [studyKey, rejectionId],
  );
  return found.map(({ key }) => key);
}

/**
 * Puts objects on the list of what the disposition deletes, with the line of the journal that must be durable before they
 * are. In a transaction; what is on the list already has its line.
 */
export async function listDispositionObjects(
  client: Queryable,
  disposition: NewDisposition,
  objectKeys: readonly string[],
): Promise<void> {
  const added = await addDispositionObjects(client, disposition.dispositionId, objectKeys);
  for (let start = 0; start < added.length; start += maximumKeysOfLine)
    await writeBegun(client, disposition, added.slice(start, start + maximumKeysOfLine));
}

async function writeBegun(
  client: Queryable,
  disposition: NewDisposition,
  objectKeys: readonly string[],
): Promise<void> {
  const { planSha256, contentSha256, executedBy, begunAt, ...fact } = disposition;
  await writeJournalLine(client, {
    kind: 'purge-begun',
    decidedBy: executedBy,
    occurredAt: begunAt,
    fact: {
      dispositionId: fact.dispositionId,
      studyInstanceUid: fact.studyInstanceUid,
      facility: fact.facility,
      isWholeStudy: fact.isWholeStudy,
      rejectionId: fact.rejectionId,
      planId: fact.planId,
      planSha256: planSha256.toString('hex'),
      schedule: fact.schedule,
      scheduleVersion: fact.scheduleVersion,
      rule: fact.rule,
      reasonCode: fact.reasonCode,
      contentSha256: contentSha256.toString('hex'),
      instances: fact.instances,
      bytes: fact.bytes,
      plannedBy: fact.plannedBy,
      approvedBy: fact.approvedBy,
      objectKeys,
    },
  });
}
