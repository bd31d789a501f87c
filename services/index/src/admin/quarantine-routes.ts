/** `/admin/quarantine`: what could not be accepted, and the decisions on it (design §2.7). */
import { findQuarantined, listQuarantine, type Quarantined, type QuarantineState } from '@sandyq/database';
import {
  type Answer,
  type GuardedRoute,
  HttpError,
  jsonAnswer,
  type Method,
  type RequestContext,
} from '@sandyq/http';
import {
  acceptQuarantined,
  assertKeptWhole,
  discardQuarantined,
  judgeQuarantinedAgain,
  type PixelValueComparison,
  type QuarantinePorts,
  readQuarantined,
  replaceByQuarantined,
} from '@sandyq/indexing';
import type { Archive } from '@sandyq/service';
import { describeQuarantined } from './descriptions.ts';
import { assertWithin, idOf, listParameters, pageOf } from './parameters.ts';
import { discardPorts, quarantinePorts } from './ports.ts';
import { adminRoute } from './refusal.ts';

type Handler = (context: RequestContext) => Promise<Answer>;

export function quarantineRoutes(archive: Archive, pixels: PixelValueComparison): GuardedRoute[] {
  const ports = quarantinePorts(archive, pixels);
  const route = (method: Method, path: string, handler: Handler): GuardedRoute =>
    adminRoute({
      method,
      path: `/admin/quarantine${path}`,
      action: 'manage-quarantine',
      patientData: true,
      keepsToFacility: true,
      handler,
    });
  const decision = (path: string, decide: Decide): GuardedRoute =>
    route('POST', path, async (context) => {
      const { quarantineId } = await entryFor(ports, context);
      return jsonAnswer(200, await decide(ports, quarantineId, context.principal.id));
    });
  return [
    route('GET', '', (context) => listEntries(ports, context)),
    route('GET', '/:id', async (context) =>
      jsonAnswer(200, describeQuarantined(await entryFor(ports, context))),
    ),
    route('GET', '/:id/bytes', (context) => sendBytes(ports, context)),
    decision('/:id/judge-again', judgeQuarantinedAgain),
    decision('/:id/accept', acceptQuarantined),
    decision('/:id/replace', replaceByQuarantined),
    decision('/:id/discard', (_, quarantineId, decidedBy) =>
      discardQuarantined(discardPorts(archive), quarantineId, decidedBy),
    ),
  ];
}

type Decide = (ports: QuarantinePorts, quarantineId: number, decidedBy: string) => Promise<object>;

async function listEntries({ database }: QuarantinePorts, context: RequestContext): Promise<Answer> {
  const { limit, ...narrowed } = await listParameters(database, context);
  const filter = { ...narrowed, reason: context.query.get('reason') ?? undefined, state: stateOf(context) };
  const rows = await listQuarantine(database, filter, limit);
  const page = pageOf(rows, limit, ({ quarantineId }) => quarantineId);
  return jsonAnswer(200, { entries: rows.map(describeQuarantined), ...page });
}

const STATES: readonly QuarantineState[] = ['open', 'accepted', 'replaced', 'discarded'];

/** Open entries unless told otherwise. */
function stateOf({ query }: RequestContext): QuarantineState | undefined {
  const text = query.get('state') ?? 'open';
  if (text === 'all') return undefined;
  const state = STATES.find((known) => known === text);
  if (state !== undefined) return state;
  throw new HttpError('bad-request', `"state" must be one of ${STATES.join(', ')}, all.`);
}

async function entryFor({ database }: QuarantinePorts, context: RequestContext): Promise<Quarantined> {
  const id = idOf(context);
  const entry = await findQuarantined(database, id);
  assertWithin(context, entry, `quarantine entry ${id}`);
  return entry;
}

/** Bytes without checksums of their blocks are read twice, so that damage is told before the first byte leaves. */
async function sendBytes(ports: QuarantinePorts, context: RequestContext): Promise<Answer> {
  const entry = await entryFor(ports, context);
  if (entry.state === 'discarded') {
    throw new HttpError('gone', `The bytes of quarantine entry ${entry.quarantineId} were discarded.`);
  }
  if (entry.crc32 === undefined) await assertKeptWhole(ports.store, entry, context.signal);
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/octet-stream',
      'Content-Length': entry.entryLength,
      'Content-Disposition': `attachment; filename="quarantine-${entry.quarantineId}.bin"`,
      'Repr-Digest': `sha-256=:${entry.sha256.toString('base64')}:`,
    },
    body: readQuarantined(ports, entry, context.signal),
  };
}
