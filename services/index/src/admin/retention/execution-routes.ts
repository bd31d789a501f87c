/** `/admin/retention/plans/…/execute` and certificates: approved plans carried out, and what they have disposed of. */
import { createPublicKey } from 'node:crypto';
import { listCertificates, readCertificate } from '@sandyq/database';
import {
  certificateFile,
  describeCertificate,
  describeExecution,
  executePlan,
  issueCertificates,
} from '@sandyq/disposition';
import { type Answer, type GuardedRoute, jsonAnswer, type RequestContext, readJson } from '@sandyq/http';
import type { Archive } from '@sandyq/service';
import { z } from 'zod';
import { certificatePorts, executionPorts } from '../../disposition-ports.ts';
import { parseInput } from '../new-principals.ts';
import { limitOf } from '../parameters.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { actorOf, retentionRoute } from './retention-route.ts';

/** Routes of executions and certificates. */
export function executionRoutes(archive: Archive): GuardedRoute[] {
  return [
    retentionRoute(
      'POST',
      '/plans/:plan/execute',
      oneAtATime((context) => execute(archive, context)),
    ),
    retentionRoute('POST', '/plans/:plan/certificates', (context) => issue(archive, context)),
    retentionRoute('GET', '/plans/:plan/certificates', (context) => list(archive, context)),
    retentionRoute('GET', '/certificates/:id', (context) => send(archive, context)),
    retentionRoute('GET', '/signing-key', () => sendKey(archive)),
  ];
}

const executionSchema = z.strictObject({
  /** Say what would be done; nothing is done unless this is false. */
  dryRun: z.boolean().default(true),
  studiesPerSecond: z.number().positive().optional(),
  bytesPerSecond: z.number().positive().optional(),
});

/** Answers when all that can be done now is done. A client that goes away stops it between two studies; it can be repeated. */
async function execute(archive: Archive, context: RequestContext): Promise<Answer> {
  const { dryRun, ...rates } = parseInput(executionSchema, await readJson(context));
  const planId = planOf(context);
  const { principalId } = await actorOf(archive, context);
  const certifying = await certificatePorts(archive);
  const { signal } = context;
  const request = { planId, executedBy: principalId, isDryRun: dryRun, ...rates, signal };
  const report = await executePlan(executionPorts(archive), request);
  const certificates = dryRun ? [] : await issueCertificates(certifying, planId, principalId);
  return jsonAnswer(200, {
    ...describeExecution(report),
    certificates: certificates.map(describeCertificate),
  });
}

/** For what has ended since, e.g. objects that the store kept locked. */
async function issue(archive: Archive, context: RequestContext): Promise<Answer> {
  const { principalId } = await actorOf(archive, context);
  const issued = await issueCertificates(await certificatePorts(archive), planOf(context), principalId);
  return jsonAnswer(200, { certificates: issued.map(describeCertificate) });
}

/** `before`: id of the last certificate of the page before. */
async function list({ database }: Archive, context: RequestContext): Promise<Answer> {
  const limit = limitOf(context);
  const before = context.query.get('before') ?? undefined;
  if (before !== undefined) await readCertificate(database, before);
  const found = await listCertificates(database, { planId: planOf(context), before }, limit);
  const next = found.length < limit ? undefined : found.at(-1)?.certificateId;
  return jsonAnswer(200, { certificates: found.map(describeCertificate), next });
}

/** The file that `npm run retention -- verify-certificate` takes. */
async function send({ database }: Archive, { params }: RequestContext): Promise<Answer> {
  const certificate = await readCertificate(database, params['id'] ?? '');
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/json',
      'Content-Disposition': `attachment; filename="certificate-${certificate.certificateId}.json"`,
    },
    body: Buffer.from(certificateFile(certificate), 'utf8'),
  };
}

/** The public key that certificates of this archive are verified with, in PEM (RFC 7468 §13). */
async function sendKey(archive: Archive): Promise<Answer> {
  const { signingKey } = await certificatePorts(archive);
  const key = createPublicKey({ key: signingKey.publicKey, format: 'der', type: 'spki' });
  return {
    status: 200,
    headers: { 'Content-Type': 'application/x-pem-file' },
    body: Buffer.from(key.export({ type: 'spki', format: 'pem' })),
  };
}

function planOf({ params }: RequestContext): string {
  return params['plan'] ?? '';
}
