/** Step 2: the patients of new instances. (issuer, PatientID) is unique by constraint: no race makes two patients of one. */
import type { Queryable } from '../database.ts';
import { LINKED_PATIENTS } from '../retention/linked-patients.ts';
import type { Candidate } from './candidate.ts';
import type { PatientIdentity } from './facts.ts';

export type PatientKeys = ReadonlyMap<string, number>;

/** Names an identity within maps; undefined for a patient without an identifier. */
export function identityName(identity: PatientIdentity): string | undefined {
  return identity.patientId === undefined ? undefined : `${identity.issuerId} ${identity.patientId}`;
}

/** The patient key of each identity, made where missing; in sorted order, so that batches cannot deadlock. */
export async function ensurePatients(
  client: Queryable,
  candidates: Iterable<Candidate>,
): Promise<PatientKeys> {
  const wanted = new Map<string, PatientIdentity>();
  for (const { instance } of candidates) {
    const name = identityName(instance.patient);
    if (name !== undefined) wanted.set(name, instance.patient);
  }
  const keys = await readPatients(client, [...wanted.values()]);
  for (const name of [...wanted.keys()].sort()) {
    const identity = wanted.get(name);
    if (identity?.patientId === undefined || keys.has(name)) continue;
    keys.set(name, await createPatient(client, identity.issuerId, identity.patientId));
  }
  return keys;
}

/** The key of the patient of this identifier, made where missing. */
export async function ensurePatient(
  client: Queryable,
  { issuerId, patientId }: { readonly issuerId: number; readonly patientId: string },
): Promise<number> {
  const [known] = (await readPatients(client, [{ issuerId, patientId }])).values();
  return known ?? createPatient(client, issuerId, patientId);
}

async function readPatients(
  client: Queryable,
  identities: readonly Pick<PatientIdentity, 'issuerId' | 'patientId'>[],
): Promise<Map<string, number>> {
  if (identities.length === 0) return new Map();
  const result = await client.query<{ issuer_id: number; value: string; patient_key: number }>({
    name: 'read-patients',
    keepsPlan: true,
    text: `select issuer_id, value, patient_key from patient_identifier
      where (issuer_id, value) in (select * from unnest($1::bigint[], $2::text[]))`,
    values: [
      identities.map((identity) => identity.issuerId),
      identities.map((identity) => identity.patientId),
    ],
  });
  return new Map(result.rows.map((row) => [`${row.issuer_id} ${row.value}`, row.patient_key]));
}

async function createPatient(client: Queryable, issuerId: number, patientId: string): Promise<number> {
  const patientKey = await createAnonymousPatient(client);
  const inserted = await client.query({
    name: 'insert-patient-identifier',
    text: `insert into patient_identifier (issuer_id, value, patient_key) values ($1, $2, $3) on conflict do nothing`,
    values: [issuerId, patientId, patientKey],
  });
  if (inserted.rowCount === 1) return patientKey;
  await client.query({
    name: 'delete-patient',
    text: 'delete from patient where patient_key = $1',
    values: [patientKey],
  });
  const winner = await client.query<{ patient_key: number }>({
    name: 'read-patient',
    text: 'select patient_key from patient_identifier where issuer_id = $1 and value = $2',
    values: [issuerId, patientId],
  });
  return winner.rows[0]?.patient_key ?? patientKey;
}

/** A patient without an identifier: belongs to one study only, and is equal to nobody. */
export async function createAnonymousPatient(client: Queryable): Promise<number> {
  const result = await client.query<{ patient_key: number }>({
    name: 'insert-patient',
    text: 'insert into patient default values returning patient_key',
  });
  return result.rows[0]?.patient_key ?? 0;
}

/** Pairs of patients (`a b`, a < b) that confirmed links make one person, by way of others too. */
export async function readLinks(client: Queryable, patientKeys: readonly number[]): Promise<Set<string>> {
  if (patientKeys.length < 2) return new Set();
  const result = await client.query<{ patient_key: number; other_key: number }>({
    name: 'read-patient-links',
    text: `select k as patient_key, other_key from unnest($1::bigint[]) k
      cross join lateral unnest(${LINKED_PATIENTS('k')}) other_key
      where k < other_key and other_key = any ($1)`,
    values: [patientKeys],
  });
  return new Set(result.rows.map((row) => `${row.patient_key} ${row.other_key}`));
}
