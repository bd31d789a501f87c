/** `/admin/api-keys`: credentials of scanners, people and services. A key is shown once, when it is made. */
import { newApiKey } from '@sandyq/auth';
import {
  type ApiKeyRow,
  createApiKey,
  type Database,
  deviceByCode,
  facilityByCode,
  findApiKey,
  listApiKeys,
  revokeApiKey,
} from '@sandyq/database';
import {
  type Answer,
  type GuardedRoute,
  HttpError,
  jsonAnswer,
  type RequestContext,
  readJson,
} from '@sandyq/http';
import { exportDecision } from '@sandyq/indexing';
import type { Archive } from '@sandyq/service';
import { describeApiKey } from './descriptions.ts';
import { readNames } from './directory-routes.ts';
import { type NewApiKeyInput, newApiKeySchema, parseInput } from './new-principals.ts';
import { assertWithin, confinementOf } from './parameters.ts';
import { adminRoute } from './refusal.ts';

type Ports = Pick<Archive, 'database' | 'store' | 'maintenance' | 'logger'>;

export function apiKeyRoutes(archive: Ports): GuardedRoute[] {
  const rule = { action: 'administer', patientData: false, keepsToFacility: true } as const;
  return [
    adminRoute({
      ...rule,
      method: 'GET',
      path: '/admin/api-keys',
      handler: (context) => list(archive, context),
    }),
    adminRoute({
      ...rule,
      method: 'POST',
      path: '/admin/api-keys',
      handler: (context) => create(archive, context),
    }),
    adminRoute({
      ...rule,
      method: 'DELETE',
      path: '/admin/api-keys/:id',
      handler: (context) => revoke(archive, context),
    }),
  ];
}

/** A key that was just made, with what is kept of it. */
export interface MadeApiKey {
  /** Kept nowhere: shown once. */
  readonly key: string;
  readonly row: ApiKeyRow;
}

/** Makes a key for the API and the command line. Throws DatabaseError('not-found') for an unknown facility or device. */
export async function makeApiKey(
  database: Database,
  input: NewApiKeyInput,
  decidedBy: string,
): Promise<MadeApiKey> {
  const { key, id, secretHash } = newApiKey();
  const { roles, facility, device } = input;
  const row = await database.inTransaction((client) =>
    createApiKey(
      client,
      {
        apiKeyId: id,
        secretHash: Buffer.from(secretHash),
        name: input.name ?? [...roles, device ?? facility].filter(Boolean).join(' '),
        roles,
        facilityCode: facility,
        deviceCode: device,
      },
      decidedBy,
    ),
  );
  return { key, row };
}

async function list(ports: Ports, context: RequestContext): Promise<Answer> {
  const confinedTo = confinementOf(context);
  const { names } = await readNames(ports);
  const keys = (await listApiKeys(ports.database)).filter(
    ({ facilityId }) => confinedTo === undefined || facilityId === confinedTo,
  );
  return jsonAnswer(200, { apiKeys: keys.map((key) => describeApiKey(key, names)) });
}

async function create(ports: Ports, context: RequestContext): Promise<Answer> {
  const input = parseInput(newApiKeySchema, await readJson(context));
  await assertMayMake(ports, context, input);
  const { key, row } = await makeApiKey(ports.database, input, context.principal.id);
  await exportDecision(ports);
  const { names } = await readNames(ports);
  return jsonAnswer(201, { key, ...describeApiKey(row, names) });
}

/** An administrator of one facility makes keys of that facility, never of the country. */
async function assertMayMake(
  { database }: Ports,
  context: RequestContext,
  { facility, device }: NewApiKeyInput,
): Promise<void> {
  const confinedTo = confinementOf(context);
  if (confinedTo === undefined) return;
  const named = [
    facility === undefined ? undefined : await facilityByCode(database, facility),
    device === undefined ? undefined : await deviceByCode(database, device),
  ].filter((one) => one !== undefined);
  if (named.length > 0 && named.every(({ facilityId }) => facilityId === confinedTo)) return;
  throw new HttpError(
    'forbidden',
    'This credential is confined to a facility: name it, or one of its devices.',
  );
}

async function revoke(ports: Ports, context: RequestContext): Promise<Answer> {
  const { database } = ports;
  const id = context.params['id'] ?? '';
  assertWithin(context, await findApiKey(database, id), 'API key of this id');
  await database.inTransaction((client) => revokeApiKey(client, id, context.principal.id));
  await exportDecision(ports);
  return { status: 204 };
}
