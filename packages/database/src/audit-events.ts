/** Rows of the audit: one a decision that touched patient data. Inserted only, never changed. */
import type { Queryable } from './database.ts';
import { insertRows } from './insert-rows.ts';

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
  await insertRows(
    client,
    {
      table: 'audit_event',
      columns: [
        'occurred_at',
        'request_id',
        'principal_kind',
        'principal_id',
        'action',
        'allowed',
        'reason',
        'facility_id',
        'study_instance_uid',
        'remote_address',
      ],
    },
    events.map((event) => [
      event.occurredAt,
      event.requestId,
      event.principalKind,
      event.principalId,
      event.action,
      event.allowed,
      event.reason,
      event.facilityId ?? null,
      event.studyInstanceUid?.replaceAll('\u0000', '').slice(0, 128) ?? null,
      event.remoteAddress ?? null,
    ]),
  );
}
