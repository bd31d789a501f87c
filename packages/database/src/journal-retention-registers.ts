/**
 * Registers as the journal tells of them, by natural names: what schedules know of facilities, devices, patients and
 * studies. Everything may be told before the first study.
 */
import type { JournalLine, NamedPatient, RetentionFacts } from '@sandyq/storage';
import { ensurePatient } from './commit/patients.ts';
import type { Queryable } from './database.ts';
import { deviceIdOf, facilityIdOf } from './journal-principals.ts';
import { ensureIssuer } from './principals.ts';

/** When, and by whom. */
type Decided = Pick<JournalLine, 'decidedBy' | 'occurredAt'>;

export async function applyFacilityChanged(
  client: Queryable,
  { code, region }: RetentionFacts['facility-changed'],
): Promise<void> {
  await client.query({
    text: 'update facility set region = $2 where facility_id = $1',
    values: [await facilityIdOf(client, code), region ?? null],
  });
}

/** False: there is no such device. */
export async function applyDeviceChanged(
  client: Queryable,
  { code, commissionedOn }: RetentionFacts['device-changed'],
): Promise<boolean> {
  const deviceId = await deviceIdOf(client, code);
  if (deviceId === undefined) return false;
  await client.query({
    text: 'update device set commissioned_on = $2 where device_id = $1',
    values: [deviceId, commissionedOn ?? null],
  });
  return true;
}

export async function applyPatientFactRegistered(
  client: Queryable,
  fact: RetentionFacts['patient-fact-registered'],
  { decidedBy, occurredAt }: Decided,
): Promise<void> {
  const { issuerId } = await ensureIssuer(client, fact.issuer);
  await client.query({
    text: `insert into patient_fact (patient_fact_id, issuer_id, patient_id, kind, class, on_date, source, registered_by,
        registered_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
    values: [
      fact.patientFactId,
      issuerId,
      fact.patientId,
      fact.factKind,
      fact.diagnosisClass ?? null,
      fact.on,
      fact.source,
      decidedBy,
      occurredAt,
    ],
  });
}

export async function applyPatientFactWithdrawn(
  client: Queryable,
  { patientFactId }: RetentionFacts['patient-fact-withdrawn'],
  { decidedBy, occurredAt }: Decided,
): Promise<void> {
  await client.query({
    text: `update patient_fact set withdrawn_by = $2, withdrawn_at = $3
      where patient_fact_id = $1 and withdrawn_at is null`,
    values: [patientFactId, decidedBy, occurredAt],
  });
}

/** The patients are made where there is no study of theirs yet. */
export async function applyPatientLinkDecided(
  client: Queryable,
  { one, other, state }: RetentionFacts['patient-link-decided'],
  { decidedBy, occurredAt }: Decided,
): Promise<void> {
  const keys = [await patientKeyOf(client, one), await patientKeyOf(client, other)];
  const values = [Math.min(...keys), Math.max(...keys), state, decidedBy, occurredAt];
  const decided = await client.query({
    text: `update patient_link set state = $3, decided_by = $4, decided_at = $5
      where patient_key = $1 and other_key = $2 and state <> 'removed'`,
    values,
  });
  if (decided.rowCount !== 0 || state === 'removed') return;
  await client.query({
    text: `insert into patient_link (patient_key, other_key, state, decided_by, decided_at)
      select $1, $2, $3, $4, $5 where $1::bigint <> $2::bigint`,
    values,
  });
}

async function patientKeyOf(client: Queryable, { issuer, patientId }: NamedPatient): Promise<number> {
  const { issuerId } = await ensureIssuer(client, issuer);
  return ensurePatient(client, { issuerId, patientId });
}

export async function applyProgrammeRegistered(
  client: Queryable,
  { studyProgrammeId, studyInstanceUid, programme }: RetentionFacts['programme-registered'],
  { decidedBy, occurredAt }: Decided,
): Promise<void> {
  await client.query({
    text: `insert into study_programme (study_programme_id, study_instance_uid, programme, registered_by, registered_at)
      values ($1, $2, $3, $4, $5) on conflict do nothing`,
    values: [studyProgrammeId, studyInstanceUid, programme, decidedBy, occurredAt],
  });
}

export async function applyProgrammeWithdrawn(
  client: Queryable,
  { studyProgrammeId }: RetentionFacts['programme-withdrawn'],
  { decidedBy, occurredAt }: Decided,
): Promise<void> {
  await client.query({
    text: `update study_programme set withdrawn_by = $2, withdrawn_at = $3
      where study_programme_id = $1 and withdrawn_at is null`,
    values: [studyProgrammeId, decidedBy, occurredAt],
  });
}
