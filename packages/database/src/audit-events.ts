/** Rows of the audit: one a decision that touched patient data. Inserted only, never changed. */
import type { Queryable } from './database.ts';

export interface AuditEventRow {
  readonly occurredAt: Date;
  readonly requestId: string;
  readonly principalKind: string;
  readonly principalId: string;
  readonly action: string;
  readonly allowed: boolean;
  readonly reason: string;
  readonly facilityId?: string;
  readonly studyInstanceUid?: string;
  readonly remoteAddress?: string;
}

/** Inserts all events with one statement. Text that PostgreSQL cannot hold is cut, so that no request escapes its row. */
export async function insertAuditEvents(client: Queryable, events: readonly AuditEventRow[]): Promise<void> {
  if (events.length === 0) return;
  await client.query({
    name: 'insert-audit-events',
    inTurn: 'behind',
    text: `insert into audit_event (occurred_at, request_id, principal_kind, principal_id, action, allowed, reason,
        facility_id, study_instance_uid, remote_address)
      select * from unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::text[],
        $8::bigint[], $9::text[], $10::text[])`,
    values: [
      events.map((event) => event.occurredAt),
      events.map((event) => event.requestId),
      events.map((event) => event.principalKind),
      events.map((event) => event.principalId),
      events.map((event) => event.action),
      events.map((event) => event.allowed),
      events.map((event) => event.reason),
      events.map((event) => event.facilityId ?? null),
      events.map((event) => event.studyInstanceUid?.replaceAll('\u0000', '').slice(0, 128) ?? null),
      events.map((event) => event.remoteAddress ?? null),
    ],
  });
}
