/** Disposition certificates: signed statements, kept as they were issued. */
import type { Queryable } from '../database.ts';
import { DatabaseError } from '../errors.ts';
import { writeJournalLine } from '../journal.ts';
import { rows } from '../read-rows.ts';
import { isUuid } from '../uuid.ts';
import type { Disposition } from './dispositions.ts';

/** A certificate. */
export interface Certificate {
  readonly certificateId: string;
  readonly planId: string;
  /** Canonical JSON. */
  readonly statement: string;
  /** Ed25519, over the UTF-8 bytes of the statement. */
  readonly signature: Buffer;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
  readonly issuedBy: string;
  readonly issuedAt: Date;
}

const COLUMNS = `certificate_id as "certificateId", plan_id as "planId", statement, signature, public_key as "publicKey",
  issued_by as "issuedBy", issued_at as "issuedAt"`;

/** Keeps a certificate, with its journal line. In a transaction; it is given out when that line is durable. */
export async function insertCertificate(client: Queryable, certificate: Certificate): Promise<void> {
  const { certificateId, planId, statement, signature, publicKey, issuedBy, issuedAt } = certificate;
  await client.query({
    name: 'insert-certificate',
    text: `insert into disposition_certificate
        (certificate_id, plan_id, statement, signature, public_key, issued_by, issued_at)
      values ($1, $2, $3, $4, $5, $6, $7)`,
    values: [certificateId, planId, statement, signature, publicKey, issuedBy, issuedAt],
  });
  await writeJournalLine(client, {
    kind: 'certificate-issued',
    decidedBy: issuedBy,
    occurredAt: issuedAt,
    fact: {
      certificateId,
      planId,
      statement,
      signature: signature.toString('base64'),
      publicKey: publicKey.toString('base64'),
    },
  });
}

/** One certificate. Throws DatabaseError('not-found'). */
export async function readCertificate(client: Queryable, certificateId: string): Promise<Certificate> {
  const [found] = isUuid(certificateId)
    ? await rows<Certificate>(
        client,
        `select ${COLUMNS} from disposition_certificate where certificate_id = $1`,
        [certificateId],
      )
    : [];
  if (found !== undefined) return found;
  throw new DatabaseError('not-found', `there is no certificate ${certificateId}`);
}

/** The certificates of a plan, or of all, without their statements; newest first, up to `limit` of those before `before`. */
export async function listCertificates(
  client: Queryable,
  { planId, before }: { readonly planId?: string | undefined; readonly before?: string | undefined },
  limit: number,
): Promise<Omit<Certificate, 'statement'>[]> {
  if (planId !== undefined && !isUuid(planId)) return [];
  return rows<Omit<Certificate, 'statement'>>(
    client,
    `select ${COLUMNS.replace(' statement,', '')} from disposition_certificate c
      where ($1::uuid is null or c.plan_id = $1)
        and ($2::uuid is null or (c.issued_at, c.certificate_id) <
          (select b.issued_at, b.certificate_id from disposition_certificate b where b.certificate_id = $2))
      order by c.issued_at desc, c.certificate_id desc limit $3`,
    [planId ?? null, before ?? null, limit],
  );
}

/** A disposition that has ended, and how many objects it deleted. */
export type EndedWithObjects = Disposition & { readonly endedAt: Date; readonly objects: number };

/** Dispositions of a plan that have ended and that no certificate names, in the order of their end. */
export async function uncertifiedDispositions(
  client: Queryable,
  planId: string,
  limit: number,
): Promise<EndedWithObjects[]> {
  if (!isUuid(planId)) return [];
  return rows<EndedWithObjects>(
    client,
    `with certified as (
        select (s ->> 'dispositionId')::uuid as disposition_id
        from disposition_certificate c, jsonb_array_elements(c.statement::jsonb -> 'studies') s where c.plan_id = $1)
      select d.disposition_id as "dispositionId", d.study_instance_uid as "studyInstanceUid", d.facility,
        d.is_whole_study as "isWholeStudy", d.rejection_id as "rejectionId", d.plan_id as "planId",
        d.plan_sha256 as "planSha256", d.schedule, d.schedule_version as "scheduleVersion", d.rule,
        d.reason_code as "reasonCode", d.content_sha256 as "contentSha256", d.instances, d.bytes,
        d.planned_by as "plannedBy", d.approved_by as "approvedBy", d.executed_by as "executedBy",
        d.begun_at as "begunAt", d.ended_at as "endedAt",
        (select count(*) from disposition_object o where o.disposition_id = d.disposition_id) as objects
      from disposition d where d.plan_id = $1 and d.ended_at is not null
        and d.disposition_id not in (select disposition_id from certified)
      order by d.ended_at, d.disposition_id limit $2`,
    [planId, limit],
  );
}
