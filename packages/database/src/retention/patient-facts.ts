/** What registers say of patients: birth, death, contacts, diagnoses. Written with its journal line, withdrawn, never changed. */
import type { Queryable } from '../database.ts';
import { DatabaseError } from '../errors.ts';
import { writeJournalLine } from '../journal.ts';
import { one, rows } from '../read-rows.ts';
import { lockRegisters } from './registers-lock.ts';

/** What a fact is about. */
export type PatientFactKind = 'birth' | 'death' | 'contact' | 'diagnosis';

/** A fact that is to be registered. The patient need not have a study yet. */
export interface NewPatientFact {
  /** UUID. */
  readonly patientFactId: string;
  /** Namespace of an issuer that there is. */
  readonly issuer: string;
  readonly patientId: string;
  readonly kind: PatientFactKind;
  /** Of a diagnosis, and of nothing else. */
  readonly diagnosisClass?: string | undefined;
  /** `YYYY-MM-DD`. */
  readonly on: string;
  /** Where it is known from. */
  readonly source: string;
}

/** A fact as it stands in the register. */
export interface PatientFact extends NewPatientFact {
  readonly registeredBy: string;
  readonly registeredAt: Date;
  readonly withdrawnBy: string | undefined;
  readonly withdrawnAt: Date | undefined;
}

/**
 * Registers a fact, with its journal line; call it within a transaction, and report it when that line is durable. False: the
 * register says so already. Throws DatabaseError('not-found') for an issuer that there is not.
 */
export async function registerPatientFact(
  client: Queryable,
  fact: NewPatientFact,
  registeredBy: string,
): Promise<boolean> {
  await lockRegisters(client);
  const { issuer, patientId, kind, diagnosisClass, on, source, patientFactId } = fact;
  const [known] = await rows<{ id: number }>(
    client,
    'select issuer_id as id from issuer where local_namespace = $1',
    [issuer],
  );
  const inserted = await client.query({
    name: 'register-patient-fact',
    text: `insert into patient_fact (patient_fact_id, issuer_id, patient_id, kind, class, on_date, source, registered_by,
        registered_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, date_trunc('milliseconds', now()))
      on conflict (issuer_id, patient_id, kind, on_date, coalesce(class, '')) where withdrawn_at is null do nothing`,
    values: [
      patientFactId,
      one(known === undefined ? [] : [known], `issuer ${issuer}`).id,
      patientId,
      kind,
      diagnosisClass ?? null,
      on,
      source,
      registeredBy,
    ],
  });
  if (inserted.rowCount === 0) return false;
  await writeJournalLine(client, {
    kind: 'patient-fact-registered',
    decidedBy: registeredBy,
    fact: { patientFactId, issuer, patientId, factKind: kind, diagnosisClass, on, source },
  });
  return true;
}

/**
 * Says that a fact was wrong, with its journal line; call it within a transaction. Throws DatabaseError('not-found'), or
 * 'conflict' where it is withdrawn already.
 */
export async function withdrawPatientFact(
  client: Queryable,
  patientFactId: string,
  withdrawnBy: string,
): Promise<void> {
  await lockRegisters(client);
  const found = await rows<{ withdrawnAt?: Date }>(
    client,
    'select withdrawn_at as "withdrawnAt" from patient_fact where patient_fact_id = $1',
    [patientFactId],
  );
  if (one(found, `fact ${patientFactId}`).withdrawnAt !== undefined)
    throw new DatabaseError('conflict', `fact ${patientFactId} is withdrawn already`);
  await client.query({
    name: 'withdraw-patient-fact',
    text: `update patient_fact set withdrawn_by = $2, withdrawn_at = date_trunc('milliseconds', now())
      where patient_fact_id = $1`,
    values: [patientFactId, withdrawnBy],
  });
  await writeJournalLine(client, {
    kind: 'patient-fact-withdrawn',
    decidedBy: withdrawnBy,
    fact: { patientFactId },
  });
}

/** Which facts; what is absent does not narrow. */
export interface PatientFactFilter {
  readonly issuer?: string | undefined;
  readonly patientId?: string | undefined;
  readonly kind?: PatientFactKind | undefined;
  /** Also those that were withdrawn. */
  readonly includeWithdrawn?: boolean | undefined;
  /** Only those after this one. */
  readonly after?: string | undefined;
}

/** Up to `limit` facts, in the order of their numbers. */
export async function listPatientFacts(
  client: Queryable,
  { issuer, patientId, kind, includeWithdrawn = false, after }: PatientFactFilter,
  limit: number,
): Promise<PatientFact[]> {
  return rows<PatientFact>(
    client,
    `select f.patient_fact_id as "patientFactId", i.local_namespace as issuer, f.patient_id as "patientId", f.kind,
        f.class as "diagnosisClass", f.on_date as "on", f.source, f.registered_by as "registeredBy",
        f.registered_at as "registeredAt", f.withdrawn_by as "withdrawnBy", f.withdrawn_at as "withdrawnAt"
      from patient_fact f join issuer i on i.issuer_id = f.issuer_id
      where ($1::text is null or i.local_namespace = $1) and ($2::text is null or f.patient_id = $2)
        and ($3::text is null or f.kind = $3) and ($4 or f.withdrawn_at is null)
        and ($5::uuid is null or f.patient_fact_id > $5)
      order by f.patient_fact_id limit $6`,
    [issuer ?? null, patientId ?? null, kind ?? null, includeWithdrawn, after ?? null, limit],
  );
}
