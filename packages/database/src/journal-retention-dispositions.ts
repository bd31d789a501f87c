/** Dispositions that this database has forgotten: what is gone leaves its rows, tombstones stay. */
import type { JournalLine, RetentionFacts } from '@sandyq/storage';
import type { Queryable } from './database.ts';
import { moveItem } from './journal-retention-rejections.ts';
import { giveUpSegments } from './retention/begin-disposition.ts';
import { addDispositionObjects } from './retention/disposition-objects.ts';
import { insertDisposition, readDisposition } from './retention/dispositions.ts';
import { announceDisposed, settleDisposed } from './retention/end-disposition.ts';
import { entombInstances } from './retention/entomb-instances.ts';
import { lockStudyContent } from './retention/lock-content.ts';

/** When, and by whom. */
type Decided = Pick<JournalLine, 'decidedBy' | 'occurredAt'>;

/** A disposition of many objects has several lines: each names its own. False: its rejection is not known. */
export async function applyPurgeBegun(
  client: Queryable,
  fact: RetentionFacts['purge-begun'],
  decided: Decided,
): Promise<boolean> {
  const { dispositionId, rejectionId, planId, studyInstanceUid } = fact;
  const study = await lockStudyContent(client, studyInstanceUid);
  if (!(await isKnown(client, dispositionId))) {
    const rejected = await client.query({
      text: 'select from rejection where rejection_id = $1',
      values: [rejectionId],
    });
    if (rejected.rowCount === 0) return false;
    await insertDisposition(client, {
      ...fact,
      planSha256: Buffer.from(fact.planSha256, 'hex'),
      contentSha256: Buffer.from(fact.contentSha256, 'hex'),
      executedBy: decided.decidedBy,
      begunAt: new Date(decided.occurredAt),
    });
    // By the first line only: what is rejected after it is not of this disposition.
    await client.query({
      text: `update rejection set state = 'purging', decided_by = $4, decided_at = $5
        where study_instance_uid = $2 and state = 'rejected' and (rejection_id = $1 or $3)`,
      values: [rejectionId, studyInstanceUid, fact.isWholeStudy, decided.decidedBy, decided.occurredAt],
    });
  }
  await addDispositionObjects(client, dispositionId, fact.objectKeys);
  if (fact.isWholeStudy && study !== undefined)
    await giveUpSegments(client, study.studyKey, studyInstanceUid);
  const item = { planId, studyInstanceUid, rejectionId };
  await moveItem(client, { ...item, from: ['planned', 'rejected'], to: 'purging' }, decided);
  return true;
}

async function isKnown(client: Queryable, dispositionId: string): Promise<boolean> {
  const known = await client.query({
    text: 'select from disposition where disposition_id = $1',
    values: [dispositionId],
  });
  return known.rowCount === 1;
}

/**
 * Tombstones, also of what the database never had. With the last line its rows say what they say where it was carried out.
 * False: the disposition is not known.
 */
export async function applyInstancesDisposed(
  client: Queryable,
  { dispositionId, studyInstanceUid, instances, isLast }: RetentionFacts['instances-disposed'],
  { occurredAt }: Decided,
): Promise<boolean> {
  const study = await lockStudyContent(client, studyInstanceUid);
  if (!(await isKnown(client, dispositionId))) return false;
  const disposition = await readDisposition(client, dispositionId, 'for update');
  const studyKey = study?.studyKey;
  const now = new Date(occurredAt);
  await entombInstances(client, { dispositionId, studyKey, instances });
  if (studyKey !== undefined) await announceDisposed(client, disposition, { studyKey, instances, now });
  if (!isLast) return true;
  await client.query({
    text: 'update disposition_object set gone_at = $2 where disposition_id = $1 and gone_at is null',
    values: [dispositionId, now],
  });
  await settleDisposed(client, { disposition, studyKey, now });
  return true;
}
