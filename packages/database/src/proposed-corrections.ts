/** Known instances that were sent again with other patient or study attributes (design §2.5c), as administrators see them. */
import type { Queryable } from './database.ts';
import { DatabaseError } from './errors.ts';
import { writeJournalLine } from './journal.ts';
import { settleSegment } from './verdicts.ts';

export interface ListedCorrection {
  readonly proposedCorrectionId: number;
  readonly state: 'open' | 'applied' | 'discarded';
  readonly studyInstanceUid: string;
  readonly sopInstanceUid: string;
  readonly sha256: Buffer;
  readonly objectKey: string;
  readonly entryOffset: number;
  readonly entryLength: number;
  readonly crc32: Buffer;
  readonly segmentId: string;
  /** Of the sender. */
  readonly facilityId: number;
  readonly facilityCode: string;
  readonly deviceCode: string | undefined;
  readonly principalId: string;
  readonly receivedAt: Date;
  readonly timesReceived: number;
  readonly decidedBy: string | undefined;
  readonly decidedAt: Date | undefined;
}

export interface CorrectionFilter {
  readonly facilityId?: number | undefined;
  readonly deviceId?: number | undefined;
  /** Also those that are applied or discarded. */
  readonly includeDecided?: boolean;
  /** Only proposals with a smaller number: the last one of the page before. */
  readonly before?: number | undefined;
}

/** Up to `limit` proposals, newest first. */
export async function listProposedCorrections(
  client: Queryable,
  { facilityId, deviceId, includeDecided = false, before }: CorrectionFilter,
  limit: number,
): Promise<ListedCorrection[]> {
  const result = await client.query<CorrectionRow>({
    text: `${SELECT}
      where ($1::bigint is null or c.facility_id = $1) and ($2::bigint is null or c.device_id = $2)
        and ($3::bigint is null or c.proposed_correction_id < $3) ${includeDecided ? '' : `and c.state = 'open'`}
      order by c.proposed_correction_id desc limit $4`,
    values: [facilityId ?? null, deviceId ?? null, before ?? null, limit],
  });
  return result.rows.map(toCorrection);
}

/** One proposal; undefined if there is none of this number. */
export async function findProposedCorrection(
  client: Queryable,
  proposedCorrectionId: number,
): Promise<ListedCorrection | undefined> {
  const result = await client.query<CorrectionRow>({
    name: 'find-proposed-correction',
    text: `${SELECT} where c.proposed_correction_id = $1`,
    values: [proposedCorrectionId],
  });
  const [row] = result.rows;
  return row && toCorrection(row);
}

/**
 * Discards an open proposal, with its journal line, and settles its segment; call it within a transaction. Throws
 * DatabaseError('not-found') or, if it is decided already, ('conflict').
 */
export async function discardProposedCorrection(
  client: Queryable,
  proposedCorrectionId: number,
  decidedBy: string,
): Promise<void> {
  const discarded = await client.query<DiscardedRow>({
    name: 'discard-proposed-correction',
    text: `update proposed_correction set state = 'discarded', decided_by = $2, decided_at = now()
      where proposed_correction_id = $1 and state = 'open' returning sop_instance_uid, sha256, segment_id, origin_segment_id`,
    values: [proposedCorrectionId, decidedBy],
  });
  const [row] = discarded.rows;
  if (row === undefined) {
    const found = await findProposedCorrection(client, proposedCorrectionId);
    if (found === undefined)
      throw new DatabaseError('not-found', `there is no proposed correction ${proposedCorrectionId}`);
    throw new DatabaseError(
      'conflict',
      `proposed correction ${proposedCorrectionId} is ${found.state} already`,
    );
  }
  await writeJournalLine(client, {
    kind: 'correction-discarded',
    decidedBy,
    fact: {
      proposedCorrectionId,
      sopInstanceUid: row.sop_instance_uid,
      sha256: row.sha256.toString('hex'),
      segmentId: row.origin_segment_id,
    },
  });
  await settleSegment(client, row.segment_id);
}

interface DiscardedRow {
  sop_instance_uid: string;
  sha256: Buffer;
  segment_id: string;
  origin_segment_id: string;
}

const SELECT = `select c.proposed_correction_id, c.state, s.study_instance_uid, c.sop_instance_uid, c.sha256,
    c.object_key, c.entry_offset, c.entry_length, c.crc32, c.segment_id, c.facility_id, f.code as facility_code,
    d.code as device_code, c.principal_id, c.received_at, c.times_received, c.decided_by, c.decided_at
  from proposed_correction c
  join study s on s.study_key = c.study_key
  join facility f on f.facility_id = c.facility_id
  left join device d on d.device_id = c.device_id`;

interface CorrectionRow {
  proposed_correction_id: number;
  state: ListedCorrection['state'];
  study_instance_uid: string;
  sop_instance_uid: string;
  sha256: Buffer;
  object_key: string;
  entry_offset: number;
  entry_length: number;
  crc32: Buffer;
  segment_id: string;
  facility_id: number;
  facility_code: string;
  device_code: string | null;
  principal_id: string;
  received_at: Date;
  times_received: number;
  decided_by: string | null;
  decided_at: Date | null;
}

function toCorrection(row: CorrectionRow): ListedCorrection {
  return {
    proposedCorrectionId: row.proposed_correction_id,
    state: row.state,
    studyInstanceUid: row.study_instance_uid,
    sopInstanceUid: row.sop_instance_uid,
    sha256: row.sha256,
    objectKey: row.object_key,
    entryOffset: row.entry_offset,
    entryLength: row.entry_length,
    crc32: row.crc32,
    segmentId: row.segment_id,
    facilityId: row.facility_id,
    facilityCode: row.facility_code,
    deviceCode: row.device_code ?? undefined,
    principalId: row.principal_id,
    receivedAt: row.received_at,
    timesReceived: row.times_received,
    decidedBy: row.decided_by ?? undefined,
    decidedAt: row.decided_at ?? undefined,
  };
}
