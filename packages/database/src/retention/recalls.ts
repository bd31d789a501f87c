/** Segments of the cold tier that somebody wants back. */
import type { Database, Queryable } from '../database.ts';
import { rows } from '../read-rows.ts';
import { type CopyOutcome, lockCopied } from './cold-tier.ts';
import { queueNewObject } from './lock-rounds.ts';

/** What to bring back: everything cold of a study, named by itself or by one of its objects. */
export type RecallRequest = { readonly studyInstanceUid: string } | { readonly objectKey: string };

/** Asks for it. Asked again, it changes nothing. Returns how many segments wait now that did not before. */
export async function requestRecall(client: Queryable, request: RecallRequest): Promise<number> {
  const study =
    'objectKey' in request
      ? `select study_key from segment where object_key = $1 and state <> 'deleted'`
      : 'select study_key from study where study_instance_uid = $1';
  const asked = await client.query({
    text: `update segment set recall_due = now()
      where study_key in (${study}) and tier = 'cold' and state in ('live', 'duplicate') and recall_due is null`,
    values: ['objectKey' in request ? request.objectKey : request.studyInstanceUid],
  });
  return asked.rowCount ?? 0;
}

/** A segment to bring back. */
export interface RecalledSegment {
  readonly segmentId: string;
  readonly objectKey: string;
  readonly sizeBytes: number;
  readonly receiptSha256: Buffer;
}

/** A claim lasts so long, in seconds, and one more for each mebibyte. */
const CLAIM_SECONDS = 300;

/** The next ones that are due, at most `limit`, claimed: no other process gets them until the claim has passed. */
export function claimRecalls(database: Database, limit: number): Promise<RecalledSegment[]> {
  return rows<RecalledSegment>(
    database,
    `with due as (
        select segment_id from segment
        where recall_due <= now() and tier = 'cold' and state in ('live', 'duplicate')
        order by recall_due limit $1 for update skip locked)
      update segment s set recall_due = now() + make_interval(secs => ${CLAIM_SECONDS} + s.size_bytes / 1048576.0)
      from due where s.segment_id = due.segment_id
      returning s.segment_id as "segmentId", s.object_key as "objectKey", s.size_bytes as "sizeBytes",
        s.receipt_sha256 as "receiptSha256"`,
    [limit],
  );
}

/** Gives a claim back: to be tried again in `seconds`. */
export async function postponeRecall(client: Queryable, segmentId: string, seconds: number): Promise<void> {
  await client.query({
    name: 'postpone-recall',
    text: `update segment set recall_due = now() + make_interval(secs => $2)
      where segment_id = $1 and recall_due is not null`,
    values: [segmentId, seconds],
  });
}

/**
 * Notes that the hot store has it again, if `isThere` says so while the row is held: nobody deletes a hot copy meanwhile.
 * The cold copy stays, so that moving it again copies nothing. `changed`: it is not there; ask again.
 */
export function recordRecalled(
  database: Database,
  segmentId: string,
  isThere: () => Promise<boolean>,
): Promise<CopyOutcome> {
  return database.inTransaction(async (client) => {
    if ((await lockCopied(client, segmentId)) === undefined) return 'disposed';
    if (!(await isThere())) return 'changed';
    await client.query({
      text: `update segment set tier = 'hot', tier_since = now(), recall_due = null, hot_copy_since = null
        where segment_id = $1 and tier = 'cold'`,
      values: [segmentId],
    });
    await queueNewObject(client, { segmentId, place: 'store' });
    return 'noted';
  });
}
