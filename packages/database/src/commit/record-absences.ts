/** What the commit keeps out of the index or out of sight, written in the same transaction. */
import type { Queryable } from '../database.ts';
import { insertRows } from '../insert-rows.ts';
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
}

/** A study of another facility's patient: the UID is given back, the bytes stay in quarantine as this segment's entry. */
async function refuse(client: Queryable, candidates: readonly Candidate[]) {
  if (candidates.length === 0) return;
  await client.query({
    name: 'give-back-sop-instances',
    text: 'delete from sop_instance where sop_instance_uid = any ($1)',
    values: [candidates.map((candidate) => candidate.instance.sopInstanceUid)],
  });
}
