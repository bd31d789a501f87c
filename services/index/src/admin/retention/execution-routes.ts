/** `/admin/retention/plans/…/execute` and certificates: approved plans carried out, and what they have disposed of. */
import { createPublicKey } from 'node:crypto';
import { listCertificates, readCertificate } from '@sandyq/database';
import {
  certificateFile,
  describeCertificate,
  issueCertificates,
  readPlanToExecute,
} from '@sandyq/disposition';
import { type Answer, type GuardedRoute, jsonAnswer, type RequestContext } from '@sandyq/http';
import type { Archive } from '@sandyq/service';
import { z } from 'zod';
import { certificatePorts } from '../../disposition-ports.ts';
import { executionInput } from '../../requests/requested-execution.ts';
import { limitOf, nextOf } from '../parameters.ts';
import { askFor } from './request-routes.ts';
import { actorOf, readInput, retentionRoute } from './retention-route.ts';

/** Routes of executions and certificates. */
export function executionRoutes(archive: Archive): GuardedRoute[] {
  return [
    retentionRoute('POST', '/plans/:plan/execute', (context) => execute(archive, context)),
    retentionRoute('POST', '/plans/:plan/certificates', (context) => issue(archive, context)),
    retentionRoute('GET', '/plans/:plan/certificates', (context) => list(archive, context)),
    retentionRoute('GET', '/certificates/:id', (context) => send(archive, context)),
    retentionRoute('GET', '/signing-key', () => sendKey(archive)),
  ];
}

const executionSchema = executionInput.extend({
  /** Say what would be done; nothing is done unless this is false. */
  dryRun: z.boolean().default(true),
});

/** All that can be done now. It can be stopped between two studies, and repeated. */
async function execute(archive: Archive, context: RequestContext): Promise<Answer> {
  const { dryRun, ...input } = await readInput(context, executionSchema);
  const planId = planOf(context);
  await archive.database.inTransaction((client) => readPlanToExecute(client, planId, new Date()));
  if (!dryRun) await certificatePorts(archive);
  return askFor(archive, context, { kind: dryRun ? 'dry-run' : 'execution', planId, input });
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
  const next = nextOf(found, limit, ({ certificateId }) => certificateId);
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
