/** Issues certificates of what a plan has disposed of, and writes them down so that anybody can verify them. */
import {
  type Certificate,
  insertCertificate,
  namesOfApiKeys,
  readPlan,
  uncertifiedDispositions,
} from '@sandyq/database';
import { exportDecision, type JournalPorts } from '@sandyq/indexing';
import { canonicalJson } from '@sandyq/storage';
import { certificateStatement } from './certificate-statement.ts';
import type { SigningKey } from './signing-key.ts';

export interface CertificatePorts extends JournalPorts {
  readonly now: () => Date;
  /** UUIDs of version 7. */
  readonly newId: () => string;
  readonly signingKey: SigningKey;
  /** A second copy of every object is kept, and was deleted too. */
  readonly hasReplica: boolean;
  /** Days for which backups are kept; undefined: nobody has said. */
  readonly backupDays: number | undefined;
}

/** Most studies of a certificate: it is one line of the journal. */
const STUDIES_A_CERTIFICATE = 500;

/**
 * Issues as many certificates as are needed for everything that the plan has disposed of and that none names yet; none,
 * if there is nothing. Resolves when the journal has them. Throws DatabaseError('not-found') for an unknown plan, and
 * JournalError.
 */
export async function issueCertificates(
  ports: CertificatePorts,
  planId: string,
  issuedBy: string,
): Promise<Certificate[]> {
  const issued: Certificate[] = [];
  // What is certified is durable before.
  await exportDecision(ports);
  for (;;) {
    const certificate = await issueNext(ports, planId, issuedBy);
    if (certificate === undefined) break;
    issued.push(certificate);
  }
  if (issued.length > 0) await exportDecision(ports);
  return issued;
}

/** One at a time for each plan, so that nothing is certified twice. */
function issueNext(
  ports: CertificatePorts,
  planId: string,
  issuedBy: string,
): Promise<Certificate | undefined> {
  const { database, now, newId, signingKey, hasReplica, backupDays } = ports;
  return database.inTransaction(async (client) => {
    const plan = await readPlan(client, planId, 'for update');
    const ended = await uncertifiedDispositions(client, planId, STUDIES_A_CERTIFICATE);
    if (ended.length === 0) return undefined;
    const { publicKey } = signingKey;
    const issue = { certificateId: newId(), issuedAt: now(), issuedBy };
    const ids = [plan.createdBy, plan.approvedBy ?? '', issuedBy, ...ended.map((one) => one.executedBy)];
    const people = await namesOfApiKeys(client, [...new Set(ids)]);
    const statement = canonicalJson(
      certificateStatement({ ...issue, plan, people, ended, hasReplica, backupDays, publicKey }),
    );
    const certificate = { ...issue, planId, statement, signature: signingKey.sign(statement), publicKey };
    await insertCertificate(client, certificate);
    return certificate;
  });
}

/** A certificate as a file of JSON: `statement` (text, exactly as it was signed), `signature` and `publicKey` in base64. */
export function certificateFile({ statement, signature, publicKey }: Certificate): string {
  const file = {
    statement,
    signature: signature.toString('base64'),
    publicKey: publicKey.toString('base64'),
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}
