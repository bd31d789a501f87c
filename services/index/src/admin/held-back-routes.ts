/** `/admin/identity-conflicts` and `/admin/proposed-corrections`: what was stored and waits for a person. */
import {
  findIdentityConflict,
  findProposedCorrection,
  listIdentityConflicts,
  listProposedCorrections,
} from '@sandyq/database';
import { discardCorrection as discardCorrectionUnlessHeld } from '@sandyq/disposition';
import { type Answer, type GuardedRoute, jsonAnswer, type Method, type RequestContext } from '@sandyq/http';
import type { Archive } from '@sandyq/service';
import { describeCorrection, describeIdentityConflict } from './descriptions.ts';
import { assertWithin, flagOf, idOf, listParameters, pageOf } from './parameters.ts';
import { adminRoute } from './refusal.ts';

type Handler = (context: RequestContext) => Promise<Answer>;

export function heldBackRoutes(archive: Ports): GuardedRoute[] {
  const route = (method: Method, path: string, handler: Handler): GuardedRoute =>
    adminRoute({
      method,
      path: `/admin${path}`,
      action: 'manage-quarantine',
      patientData: true,
      keepsToFacility: true,
      handler,
    });
  return [
    route('GET', '/identity-conflicts', (context) => listConflicts(archive, context)),
    route('GET', '/identity-conflicts/:id', (context) => showConflict(archive, context)),
    route('GET', '/proposed-corrections', (context) => listCorrections(archive, context)),
    route('GET', '/proposed-corrections/:id', (context) => showCorrection(archive, context)),
    route('POST', '/proposed-corrections/:id/discard', (context) => discardCorrection(archive, context)),
  ];
}

type Ports = Pick<Archive, 'database' | 'store' | 'maintenance' | 'logger'>;

async function listConflicts({ database }: Ports, context: RequestContext): Promise<Answer> {
  const { limit, ...narrowed } = await listParameters(database, context);
  const filter = { ...narrowed, includeResolved: flagOf(context, 'resolved') };
  const rows = await listIdentityConflicts(database, filter, limit);
  const page = pageOf(rows, limit, ({ identityConflictId }) => identityConflictId);
  return jsonAnswer(200, { conflicts: rows.map(describeIdentityConflict), ...page });
}

async function showConflict({ database }: Ports, context: RequestContext): Promise<Answer> {
  const conflict = await findIdentityConflict(database, idOf(context));
  assertWithin(context, conflict, `identity conflict ${idOf(context)}`);
  return jsonAnswer(200, describeIdentityConflict(conflict));
}

async function listCorrections({ database }: Ports, context: RequestContext): Promise<Answer> {
  const { limit, ...narrowed } = await listParameters(database, context);
  const filter = { ...narrowed, includeDecided: flagOf(context, 'decided') };
  const rows = await listProposedCorrections(database, filter, limit);
  const page = pageOf(rows, limit, ({ proposedCorrectionId }) => proposedCorrectionId);
  return jsonAnswer(200, { corrections: rows.map(describeCorrection), ...page });
}

async function showCorrection({ database }: Ports, context: RequestContext): Promise<Answer> {
  const correction = await findProposedCorrection(database, idOf(context));
  assertWithin(context, correction, `proposed correction ${idOf(context)}`);
  return jsonAnswer(200, describeCorrection(correction));
}

async function discardCorrection(ports: Ports, context: RequestContext): Promise<Answer> {
  const { database } = ports;
  const id = idOf(context);
  assertWithin(context, await findProposedCorrection(database, id), `proposed correction ${id}`);
  await discardCorrectionUnlessHeld({ ...ports, now: () => new Date() }, id, context.principal.id);
  return jsonAnswer(200, { id, state: 'discarded' });
}
