/** Executions, dispositions and certificates as the admin API and the command line answer them. */
import type { Certificate } from '@sandyq/database';
import type { ExecutionReport } from './execution-report.ts';

/** What a run has come to. */
export function describeExecution({ graceEnds, ...report }: ExecutionReport) {
  return { ...report, graceEnds: graceEnds?.toISOString() };
}

/** A certificate without its statement, for lists. */
export function describeCertificate(certificate: Omit<Certificate, 'statement'>) {
  const { certificateId, planId, issuedBy, issuedAt } = certificate;
  return { id: certificateId, planId, issuedBy, issuedAt: issuedAt.toISOString() };
}
