/** What the commit keeps out of the index or out of sight, written in the same transaction. */
import type { Queryable } from '../database.ts';
import { insertRows } from '../insert-rows.ts';
import { writeJournalLineOnce } from '../journal.ts';
import type { Candidate, Standing } from './candidate.ts';

export async function recordAbsences(
  client: Queryable,
  standings: ReadonlyMap<Candidate, Standing>,
): Promise<void> {
  const by = (wanted: Standing) =>
    [...standings].flatMap(([candidate, standing]) => (standing === wanted ? [candidate] : []));
  await holdOut(client, by('identity-conflict'));
  await refuse(client, by('facility-conflict'));
}

/** Identity conflicts: stored, listed for the administrator, in no answer (design §2.6). */
async function holdOut(client: Queryable, candidates: readonly Candidate[]) {
  if (candidates.length === 0) return;
  await client.query({
    name: 'hold-out-sop-instances',
    text: `update sop_instance set state = 'identity-conflict' where sop_instance_uid = any ($1)`,
    values: [candidates.map((candidate) => candidate.instance.sopInstanceUid).sort()],
  });
  await insertRows(
    client,
    {
      table: 'identity_conflict',
      columns: [
        'study_key',
        'series_key',
        'sop_instance_uid',
        'patient_issuer_id',
        'patient_id',
        'facility_id',
        'device_id',
        'received_at',
      ],
    },
    candidates.map(({ segment, instance, keys }) => [
      keys.studyKey,
      keys.seriesKey,
      instance.sopInstanceUid,
      instance.patient.issuerId,
      instance.patient.patientId ?? null,
      segment.facilityId,
      segment.deviceId ?? null,
      segment.receivedAt,
    ]),
  );
  // Where the journal has said so, it need not be told again.
  await journalConflicts(
    client,
    candidates.filter(({ instance }) => instance.isHeld !== true),
  );
}

/** Who came first is no matter of the bytes. */
async function journalConflicts(client: Queryable, candidates: readonly Candidate[]): Promise<void> {
  if (candidates.length === 0) return;
  const codes = await readCodes(client, candidates);
  for (const { segment, instance } of candidates) {
    await writeJournalLineOnce(client, {
      kind: 'identity-conflict',
      decidedBy: 'archive',
      fact: {
        sopInstanceUid: instance.sopInstanceUid,
        studyInstanceUid: segment.studyInstanceUid,
        sha256: instance.sha256.toString('hex'),
        segmentId: instance.originSegmentId ?? segment.segmentId,
        facility: codes.get(`facility ${segment.facilityId}`) ?? '',
        device: codes.get(`device ${segment.deviceId}`),
      },
    });
  }
}

async function readCodes(client: Queryable, candidates: readonly Candidate[]): Promise<Map<string, string>> {
  const result = await client.query<{ name: string; code: string }>({
    name: 'read-codes-for-journal',
    text: `select 'facility ' || facility_id as name, code from facility where facility_id = any ($1)
      union all select 'device ' || device_id, code from device where device_id = any ($2)`,
    values: [
      candidates.map(({ segment }) => segment.facilityId),
      candidates.map(({ segment }) => segment.deviceId ?? null),
    ],
  });
  return new Map(result.rows.map(({ name, code }) => [name, code]));
}

/**
 * A study of another facility's patient: the UID is given back, or kept on for what a rejection note waits for; the bytes
 * stay in quarantine as this segment's entry.
 */
async function refuse(client: Queryable, candidates: readonly Candidate[]) {
  if (candidates.length === 0) return;
  const uids = candidates.map((candidate) => candidate.instance.sopInstanceUid);
  await client.query({
    name: 'give-back-sop-instances',
    text: 'delete from sop_instance where sop_instance_uid = any ($1)',
    values: [uids],
  });
  await client.query({
    name: 'keep-on-sop-instances',
    text: `insert into sop_instance (sop_instance_uid, state)
      select distinct sop_instance_uid, 'awaited' from awaited_instance where sop_instance_uid = any ($1)`,
    values: [uids],
  });
}
