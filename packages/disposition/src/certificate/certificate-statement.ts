/** What a disposition certificate says (ISO 15489-1 §9.9: disposition is carried out as authorised, and recorded). Pure. */
import { hash } from 'node:crypto';
import type { EndedWithObjects, Plan } from '@sandyq/database';

/** First member of a statement, so that it cannot be taken for anything else that the key has signed. */
export const statementType = 'sandyq disposition certificate';

/** A study, or a part of one, that is gone. Times are `YYYY-MM-DDTHH:MM:SS.sssZ`, digests lower-case hex. */
export interface CertifiedStudy {
  readonly dispositionId: string;
  readonly studyInstanceUid: string;
  readonly facility: string;
  readonly isWholeStudy: boolean;
  readonly rule: string;
  /** PS3.16 CID 7011. */
  readonly reasonCode: string;
  /** SHA-256 over its instances and their digests, as planned: see docs/retention.md. */
  readonly contentSha256: string;
  readonly instances: number;
  readonly bytes: number;
  /** Objects that were deleted and seen gone. */
  readonly objects: number;
  readonly executedBy: string;
  readonly begunAt: string;
  readonly endedAt: string;
}

/** The statement; numbers are whole. */
export interface CertificateStatement {
  readonly type: typeof statementType;
  readonly version: 1;
  readonly certificateId: string;
  readonly issuedAt: string;
  readonly issuedBy: string;
  readonly plan: {
    readonly planId: string;
    readonly kind: string;
    /** Of the list that was approved. */
    readonly sha256: string;
    readonly schedule: string;
    readonly scheduleVersion: number;
    readonly plannedBy: string;
    readonly plannedAt: string;
    readonly approvedBy: string;
    readonly approvedAt: string;
  };
  /** Names of the people whose keys are named here, by the ids of their keys. */
  readonly people: Readonly<Record<string, string>>;
  readonly studies: readonly CertifiedStudy[];
  readonly totals: {
    readonly studies: number;
    readonly instances: number;
    readonly bytes: number;
    readonly objects: number;
  };
  /** Whether a second copy of every object was deleted too, or there is none. */
  readonly replica: 'deleted' | 'none';
  /** Last day (UTC) on which a backup may still hold something of it; absent: nobody has said. */
  readonly backupsExpireOn?: string;
  /** SHA-256 of the public key (SubjectPublicKeyInfo, DER). */
  readonly keySha256: string;
}

/** What a statement is made of. */
export interface CertifiedFacts {
  readonly certificateId: string;
  readonly issuedAt: Date;
  readonly issuedBy: string;
  readonly plan: Plan;
  readonly people: Readonly<Record<string, string>>;
  readonly ended: readonly EndedWithObjects[];
  readonly hasReplica: boolean;
  /** Days for which backups are kept; undefined: nobody has said. */
  readonly backupDays: number | undefined;
  readonly publicKey: Buffer;
}

const DAY_MS = 86_400_000;

/** The statement on what has ended. */
export function certificateStatement(facts: CertifiedFacts): CertificateStatement {
  const { plan, ended, backupDays } = facts;
  if (plan.approvedBy === undefined || plan.approvedAt === undefined)
    throw new TypeError('what was carried out was approved');
  const sum = (of: (study: EndedWithObjects) => number) =>
    ended.reduce((total, study) => total + of(study), 0);
  const lastEnd = Math.max(...ended.map(({ endedAt }) => endedAt.getTime()));
  return {
    type: statementType,
    version: 1,
    certificateId: facts.certificateId,
    issuedAt: facts.issuedAt.toISOString(),
    issuedBy: facts.issuedBy,
    plan: {
      planId: plan.planId,
      kind: plan.kind,
      sha256: plan.sha256.toString('hex'),
      schedule: plan.schedule,
      scheduleVersion: plan.scheduleVersion,
      plannedBy: plan.createdBy,
      plannedAt: plan.createdAt.toISOString(),
      approvedBy: plan.approvedBy,
      approvedAt: plan.approvedAt.toISOString(),
    },
    people: facts.people,
    studies: ended.map(certifiedStudy),
    totals: {
      studies: ended.length,
      instances: sum(({ instances }) => instances),
      bytes: sum(({ bytes }) => bytes),
      objects: sum(({ objects }) => objects),
    },
    replica: facts.hasReplica ? 'deleted' : 'none',
    ...(backupDays !== undefined && {
      backupsExpireOn: new Date(lastEnd + backupDays * DAY_MS).toISOString().slice(0, 10),
    }),
    keySha256: hash('sha256', facts.publicKey, 'hex'),
  };
}

function certifiedStudy(ended: EndedWithObjects): CertifiedStudy {
  return {
    dispositionId: ended.dispositionId,
    studyInstanceUid: ended.studyInstanceUid,
    facility: ended.facility,
    isWholeStudy: ended.isWholeStudy,
    rule: ended.rule,
    reasonCode: ended.reasonCode,
    contentSha256: ended.contentSha256.toString('hex'),
    instances: ended.instances,
    bytes: ended.bytes,
    objects: ended.objects,
    executedBy: ended.executedBy,
    begunAt: ended.begunAt.toISOString(),
    endedAt: ended.endedAt.toISOString(),
  };
}
