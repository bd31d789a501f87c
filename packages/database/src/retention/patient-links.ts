/** Links: whether two patients are one person. Explicit and reversible; rows of patients are never merged (design §2.6). */
import type { NamedPatient } from '@sandyq/storage';
import type { Queryable } from '../database.ts';
import { DatabaseError } from '../errors.ts';
import { writeJournalLine } from '../journal.ts';
import { one, rows } from '../read-rows.ts';
import { LINKED_PATIENTS, REFUSED_BETWEEN } from './linked-patients.ts';
import { lockRegisters } from './registers-lock.ts';

/** `candidate`: proposed; `confirmed`: one person; `refused`: two. A link that is removed was never there. */
export type PatientLinkState = 'candidate' | 'confirmed' | 'refused';

/** A decision on two patients. `removed` undoes whatever stands. */
export interface PatientLinkDecision {
  readonly one: NamedPatient;
  readonly other: NamedPatient;
  readonly state: PatientLinkState | 'removed';
}

/**
 * Decides on a link, with its journal line; call it within a transaction, report it when that line is durable, and settle
 * the conflicts that it explains (settle-conflicts.ts). Throws DatabaseError('not-found') for a patient that there is not,
 * 'conflict' where something else stands between the two, or would contradict other links.
 */
export async function decidePatientLink(
  client: Queryable,
  decision: PatientLinkDecision,
  decidedBy: string,
): Promise<void> {
  await lockRegisters(client);
  const keys = [
    await patientKeyOf(client, decision.one),
    await patientKeyOf(client, decision.other),
  ] as const;
  const pair = [Math.min(...keys), Math.max(...keys)] as const;
  if (pair[0] === pair[1]) throw new DatabaseError('conflict', 'the two are one patient already');
  const standing = await standingLink(client, pair);
  assertMayFollow(decision.state, standing);
  await assertNoContradiction(client, pair, decision.state);
  await writeLink(client, pair, { state: decision.state, isNew: standing === undefined, decidedBy });
  await writeJournalLine(client, { kind: 'patient-link-decided', decidedBy, fact: decision });
}

async function patientKeyOf(client: Queryable, { issuer, patientId }: NamedPatient): Promise<number> {
  const found = await rows<{ key: number }>(
    client,
    `select n.patient_key as key from patient_identifier n join issuer i on i.issuer_id = n.issuer_id
      where i.local_namespace = $1 and n.value = $2`,
    [issuer, patientId],
  );
  return one(found, `patient of this id of ${issuer}`).key;
}

type Pair = readonly [patientKey: number, otherKey: number];

async function standingLink(client: Queryable, pair: Pair): Promise<PatientLinkState | undefined> {
  const [found] = await rows<{ state: PatientLinkState }>(
    client,
    `select state from patient_link where patient_key = $1 and other_key = $2 and state <> 'removed'`,
    [...pair],
  );
  return found?.state;
}

/** A proposal is decided; a decision is removed before another one is made. */
function assertMayFollow(next: PatientLinkDecision['state'], standing: PatientLinkState | undefined): void {
  if (next === 'removed') {
    if (standing === undefined) throw new DatabaseError('not-found', 'there is no link between the two');
  } else if (standing === next) {
    throw new DatabaseError('conflict', `the link is ${next} already`);
  } else if (standing !== undefined && standing !== 'candidate') {
    throw new DatabaseError('conflict', `the link is ${standing}: remove it first`);
  }
}

/** Confirmed links hold from one to the next, so they can contradict a refusal between others. */
async function assertNoContradiction(
  client: Queryable,
  [patientKey, otherKey]: Pair,
  next: PatientLinkDecision['state'],
): Promise<void> {
  if (next === 'removed') return;
  const [found] = await rows<{ isLinked: boolean; isRefused: boolean }>(
    client,
    `select $2 = any (p.linked) as "isLinked", ${REFUSED_BETWEEN('p.linked', 'p.others')} as "isRefused"
      from (select ${LINKED_PATIENTS('$1::bigint')} as linked, ${LINKED_PATIENTS('$2::bigint')} as others) p`,
    [patientKey, otherKey],
  );
  if (next !== 'confirmed' && found?.isLinked === true)
    throw new DatabaseError('conflict', 'confirmed links with others make the two one person');
  if (next !== 'refused' && found?.isRefused === true)
    throw new DatabaseError('conflict', 'a refused link between others says that the two are not one person');
}

async function writeLink(
  client: Queryable,
  pair: Pair,
  { state, isNew, decidedBy }: { state: PatientLinkDecision['state']; isNew: boolean; decidedBy: string },
): Promise<void> {
  await client.query({
    name: isNew ? 'insert-patient-link' : 'update-patient-link',
    text: isNew
      ? `insert into patient_link (patient_key, other_key, state, decided_by, decided_at)
          values ($1, $2, $3, $4, date_trunc('milliseconds', now()))`
      : `update patient_link set state = $3, decided_by = $4, decided_at = date_trunc('milliseconds', now())
          where patient_key = $1 and other_key = $2 and state <> 'removed'`,
    values: [...pair, state, decidedBy],
  });
}

/** A link as administrators see it. */
export interface PatientLink {
  readonly patientLinkId: number;
  /** All identifiers of each of the two. */
  readonly one: readonly NamedPatient[];
  readonly other: readonly NamedPatient[];
  readonly state: PatientLinkState;
  readonly decidedBy: string;
  readonly decidedAt: Date;
}

/** Which links; what is absent does not narrow. */
export interface PatientLinkFilter {
  readonly state?: PatientLinkState | undefined;
  /** Only those of this patient. */
  readonly patient?: NamedPatient | undefined;
  /** Only links with a greater number. */
  readonly after?: number | undefined;
}

/** SQL: the identifiers of a patient. */
export const IDENTIFIERS_OF = (patientKey: string) => `(select coalesce(json_agg(json_build_object(
    'issuer', i.local_namespace, 'patientId', n.value) order by i.local_namespace, n.value), '[]')
  from patient_identifier n join issuer i on i.issuer_id = n.issuer_id where n.patient_key = ${patientKey})`;

/** Up to `limit` links that stand, in the order of their making. */
export async function listPatientLinks(
  client: Queryable,
  { state, patient, after }: PatientLinkFilter,
  limit: number,
): Promise<PatientLink[]> {
  const key = patient === undefined ? undefined : await patientKeyOf(client, patient);
  return rows<PatientLink>(
    client,
    `select l.patient_link_id as "patientLinkId", ${IDENTIFIERS_OF('l.patient_key')} as one,
        ${IDENTIFIERS_OF('l.other_key')} as other, l.state, l.decided_by as "decidedBy", l.decided_at as "decidedAt"
      from patient_link l
      where l.state <> 'removed' and ($1::text is null or l.state = $1)
        and ($2::bigint is null or l.patient_key = $2 or l.other_key = $2) and l.patient_link_id > $3
      order by l.patient_link_id limit $4`,
    [state ?? null, key ?? null, after ?? 0, limit],
  );
}
