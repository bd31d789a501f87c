/** Whether the rejection notes of a sender are believed, and the record of it (design §8). */
import type { AuditSink } from '@sandyq/audit';
import { type Decision, decide } from '@sandyq/auth';
import type { RequestContext } from '@sandyq/http';

export interface NoteRight {
  readonly decision: Decision;
  /** Resolves when it is on record that a note about this study was believed, or was not. Throws AuditError. */
  record(studyInstanceUid: string): Promise<void>;
}

/** The right of whoever asks to reject instances of studies of this facility. */
export function noteRightOf(
  audit: AuditSink,
  { principal, requestId, remoteAddress }: Pick<RequestContext, 'principal' | 'requestId' | 'remoteAddress'>,
  facilityId: string,
): NoteRight {
  const action = 'reject-by-note';
  const decision = decide(principal, action, { facilityId });
  return {
    decision,
    record: (studyInstanceUid) =>
      audit.record({
        occurredAt: new Date(),
        requestId,
        principalKind: principal.kind,
        principalId: principal.id,
        action,
        allowed: decision.allowed,
        reason: decision.reason,
        facilityId,
        studyInstanceUid,
        ...(remoteAddress !== undefined && { remoteAddress }),
      }),
  };
}
