/** What the audit keeps of a decision: who, what, when, on what, allowed or not and why (design §8; in substance PS3.15 §A.5). */
import type { Action, AllowReason, AuthenticationFailure, DenyReason, PrincipalKind } from '@sandyq/auth';

/** Why a decision went as it did. */
export type AuditReason = AllowReason | DenyReason | AuthenticationFailure;

/** One decision. It names studies, so it goes to the database and never to the log. */
export interface AuditEvent {
  readonly occurredAt: Date;
  /** The same as in the answer's `X-Request-Id` and in the log. */
  readonly requestId: string;
  /** `none`: nobody, the request had no valid credential. */
  readonly principalKind: PrincipalKind | 'none';
  /** Id of the principal; of a refused credential nothing is kept: `none`. */
  readonly principalId: string;
  readonly action: Action;
  readonly allowed: boolean;
  readonly reason: AuditReason;
  /** Facility that the decision was about or confined to. */
  readonly facilityId?: string;
  /** Study that was asked for, as the request named it. */
  readonly studyInstanceUid?: string;
  readonly remoteAddress?: string;
}

/** Where decisions are recorded. */
export interface AuditSink {
  /** Resolves once the event is durable; rejects with an AuditError if it is not. */
  record(event: AuditEvent): Promise<void>;
}

/** A sink for tests: keeps events in order. */
export function memoryAudit(): AuditSink & { readonly events: AuditEvent[] } {
  const events: AuditEvent[] = [];
  return {
    events,
    record: (event) => {
      events.push(event);
      return Promise.resolve();
    },
  };
}
