/**
 * Instances that are stored but held out of search and retrieval, because their patient is not their study's
 * (design §2.6). Listed and shown only: they come free when the two patients are linked (retention/settle-conflicts.ts).
 */
import type { Queryable } from './database.ts';

/** A patient as an identifier names one. */
export interface ConflictingPatient {
  /** Namespace of the issuer. */
  readonly issuer: string;
  /** undefined where Patient ID (0010,0020) is absent or empty. */
  readonly patientId: string | undefined;
}

export interface IdentityConflict {
  readonly identityConflictId: number;
  readonly state: 'open' | 'resolved';
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
  /** What the instance says. */
  readonly instancePatient: ConflictingPatient;
  /** Whom the study belongs to. */
  readonly studyPatient: ConflictingPatient;
  /** Of the sender. */
  readonly facilityId: number;
  readonly facilityCode: string;
  readonly deviceCode: string | undefined;
  readonly receivedAt: Date;
}

export interface IdentityConflictFilter {
  readonly facilityId?: number | undefined;
  readonly deviceId?: number | undefined;
  /** Also those that are resolved. */
  readonly includeResolved?: boolean;
  /** Only conflicts with a smaller number: the last one of the page before. */
  readonly before?: number | undefined;
}

/** Up to `limit` conflicts, newest first. */
export async function listIdentityConflicts(
  client: Queryable,
  { facilityId, deviceId, includeResolved = false, before }: IdentityConflictFilter,
  limit: number,
): Promise<IdentityConflict[]> {
  const result = await client.query<ConflictRow>({
    text: `${SELECT}
      where ($1::bigint is null or c.facility_id = $1) and ($2::bigint is null or c.device_id = $2)
        and ($3::bigint is null or c.identity_conflict_id < $3) ${includeResolved ? '' : `and c.state = 'open'`}
      order by c.identity_conflict_id desc limit $4`,
    values: [facilityId ?? null, deviceId ?? null, before ?? null, limit],
  });
  return result.rows.map(toConflict);
}

/** One conflict; undefined if there is none of this number. */
export async function findIdentityConflict(
  client: Queryable,
  identityConflictId: number,
): Promise<IdentityConflict | undefined> {
  const result = await client.query<ConflictRow>({
    name: 'find-identity-conflict',
    text: `${SELECT} where c.identity_conflict_id = $1`,
    values: [identityConflictId],
  });
  const [row] = result.rows;
  return row && toConflict(row);
}

const SELECT = `select c.identity_conflict_id, c.state, s.study_instance_uid, e.series_instance_uid, c.sop_instance_uid,
    c.patient_id, ci.local_namespace as issuer, s.patient_id as study_patient_id, si.local_namespace as study_issuer,
    c.facility_id, f.code as facility_code, d.code as device_code, c.received_at
  from identity_conflict c
  join study s on s.study_key = c.study_key
  join series e on e.study_key = c.study_key and e.series_key = c.series_key
  join issuer ci on ci.issuer_id = c.patient_issuer_id
  join issuer si on si.issuer_id = s.patient_issuer_id
  join facility f on f.facility_id = c.facility_id
  left join device d on d.device_id = c.device_id`;

interface ConflictRow {
  identity_conflict_id: number;
  state: 'open' | 'resolved';
  study_instance_uid: string;
  series_instance_uid: string;
  sop_instance_uid: string;
  patient_id: string | null;
  issuer: string;
  study_patient_id: string | null;
  study_issuer: string;
  facility_id: number;
  facility_code: string;
  device_code: string | null;
  received_at: Date;
}

function toConflict(row: ConflictRow): IdentityConflict {
  return {
    identityConflictId: row.identity_conflict_id,
    state: row.state,
    studyInstanceUid: row.study_instance_uid,
    seriesInstanceUid: row.series_instance_uid,
    sopInstanceUid: row.sop_instance_uid,
    instancePatient: { issuer: row.issuer, patientId: row.patient_id ?? undefined },
    studyPatient: { issuer: row.study_issuer, patientId: row.study_patient_id ?? undefined },
    facilityId: row.facility_id,
    facilityCode: row.facility_code,
    deviceCode: row.device_code ?? undefined,
    receivedAt: row.received_at,
  };
}
