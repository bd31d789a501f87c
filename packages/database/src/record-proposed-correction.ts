/** A known instance came again with other patient or study attributes (design §2.5c): kept, and told to the journal. */
import type { Queryable } from './database.ts';
import { writeJournalLine } from './journal.ts';

/** The same instance with other patient or study attributes: kept for an administrator to apply or discard. */
export interface ProposedCorrection {
  readonly sopInstanceUid: string;
  readonly studyKey: number;
  readonly sha256: Buffer;
  readonly segmentId: string;
  /** The segment that the bytes came in, where a rewrite has brought them to `segmentId`. */
  readonly originSegmentId?: string | undefined;
  readonly ordinal: number;
  readonly objectKey: string;
  readonly entryOffset: number;
  readonly entryLength: number;
  readonly crc32: Buffer;
  readonly facilityId: number;
  readonly deviceId: number | undefined;
  readonly principalId: string;
  readonly receivedAt: Date;
}

/** `isNew` false: the same proposal lies here already, and the caller's copy is one too many. Within a transaction. */
export async function recordProposedCorrection(
  client: Queryable,
  correction: ProposedCorrection,
): Promise<{ isNew: boolean }> {
  const result = await client.query<RecordedCorrectionRow>({
    name: 'record-proposed-correction',
    text: `insert into proposed_correction (sop_instance_uid, study_key, sha256, segment_id, ordinal, object_key,
        entry_offset, entry_length, crc32, facility_id, device_id, principal_id, received_at, origin_segment_id)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
      on conflict (sop_instance_uid, sha256) where state <> 'discarded'
      do update set times_received = proposed_correction.times_received + 1
      returning proposed_correction_id, segment_id = $4 and ordinal = $5 as is_new, xmax = 0 as is_inserted,
        (select study_instance_uid from study s where s.study_key = proposed_correction.study_key) as study,
        (select code from facility f where f.facility_id = proposed_correction.facility_id) as facility,
        (select code from device d where d.device_id = proposed_correction.device_id) as device`,
    values: [
      correction.sopInstanceUid,
      correction.studyKey,
      correction.sha256,
      correction.segmentId,
      correction.ordinal,
      correction.objectKey,
      correction.entryOffset,
      correction.entryLength,
      correction.crc32,
      correction.facilityId,
      correction.deviceId ?? null,
      correction.principalId,
      correction.receivedAt,
      correction.originSegmentId ?? correction.segmentId,
    ],
  });
  const [row] = result.rows;
  if (row === undefined) throw new TypeError('insert … on conflict do update returns its row');
  if (row.is_inserted) await journalCorrection(client, correction, row);
  return { isNew: row.is_new };
}

interface RecordedCorrectionRow {
  proposed_correction_id: number;
  is_new: boolean;
  is_inserted: boolean;
  study: string;
  facility: string;
  device: string | null;
}

function journalCorrection(
  client: Queryable,
  correction: ProposedCorrection,
  row: RecordedCorrectionRow,
): Promise<void> {
  return writeJournalLine(client, {
    kind: 'correction-proposed',
    decidedBy: correction.principalId,
    fact: {
      proposedCorrectionId: row.proposed_correction_id,
      sopInstanceUid: correction.sopInstanceUid,
      studyInstanceUid: row.study,
      sha256: correction.sha256.toString('hex'),
      segmentId: correction.originSegmentId ?? correction.segmentId,
      facility: row.facility,
      device: row.device ?? undefined,
      principal: correction.principalId,
      receivedAt: correction.receivedAt.toISOString(),
    },
  });
}
