/** API keys: made and revoked by administrators, read at every request through a cache. Their secrets are nowhere. */
import type { Queryable } from './database.ts';
import { DatabaseError } from './errors.ts';
import { writeJournalLine } from './journal.ts';
import { deviceByCode, facilityByCode, facilityById } from './principals.ts';
import { one, rows } from './read-rows.ts';

export interface ApiKeyRow {
  readonly apiKeyId: string;
  readonly secretHash: Buffer;
  readonly name: string;
  readonly roles: readonly string[];
  readonly facilityId: number | undefined;
  readonly deviceId: number | undefined;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly revokedAt: Date | undefined;
}

const API_KEY_COLUMNS = `api_key_id as "apiKeyId", secret_hash as "secretHash", name, roles, facility_id as "facilityId",
  device_id as "deviceId", created_at as "createdAt", created_by as "createdBy", revoked_at as "revokedAt"`;

export async function listApiKeys(client: Queryable): Promise<ApiKeyRow[]> {
  return rows<ApiKeyRow>(client, `select ${API_KEY_COLUMNS} from api_key order by created_at, api_key_id`);
}

export async function findApiKey(client: Queryable, apiKeyId: string): Promise<ApiKeyRow | undefined> {
  return (
    await rows<ApiKeyRow>(client, `select ${API_KEY_COLUMNS} from api_key where api_key_id = $1`, [apiKeyId])
  )[0];
}

/** Names of the keys of these ids; of what is no key's id there is none. */
export async function namesOfApiKeys(
  client: Queryable,
  apiKeyIds: readonly string[],
): Promise<Record<string, string>> {
  const found = await rows<{ id: string; name: string }>(
    client,
    'select api_key_id as id, name from api_key where api_key_id = any ($1)',
    [apiKeyIds],
  );
  return Object.fromEntries(found.map(({ id, name }) => [id, name]));
}

export interface NewApiKeyRow {
  readonly apiKeyId: string;
  readonly secretHash: Buffer;
  readonly name: string;
  readonly roles: readonly string[];
  readonly facilityCode?: string | undefined;
  readonly deviceCode?: string | undefined;
}

/** A key for a device belongs to the device's facility. Throws DatabaseError('not-found') for unknown codes. */
export async function createApiKey(
  client: Queryable,
  key: NewApiKeyRow,
  decidedBy: string,
): Promise<ApiKeyRow> {
  const device = key.deviceCode === undefined ? undefined : await deviceByCode(client, key.deviceCode);
  const facility =
    key.facilityCode === undefined ? undefined : await facilityByCode(client, key.facilityCode);
  if (device !== undefined && facility !== undefined && device.facilityId !== facility.facilityId) {
    throw new DatabaseError('conflict', `device ${device.code} does not belong to facility ${facility.code}`);
  }
  const owner = facility ?? (device && (await facilityById(client, device.facilityId)));
  const created = one(
    await rows<ApiKeyRow>(
      client,
      `insert into api_key (api_key_id, secret_hash, name, roles, facility_id, device_id, created_by)
        values ($1, $2, $3, $4, $5, $6, $7) returning ${API_KEY_COLUMNS}`,
      [
        key.apiKeyId,
        key.secretHash,
        key.name,
        key.roles,
        owner?.facilityId ?? null,
        device?.deviceId ?? null,
        decidedBy,
      ],
    ),
    'api key',
  );
  await writeJournalLine(client, {
    kind: 'api-key-created',
    decidedBy,
    fact: {
      apiKeyId: key.apiKeyId,
      secretHash: key.secretHash.toString('hex'),
      name: key.name,
      roles: key.roles,
      facility: owner?.code,
      device: device?.code,
    },
  });
  return created;
}

/** Takes effect as soon as the processes' caches of principals expire. Within a transaction. */
export async function revokeApiKey(client: Queryable, apiKeyId: string, decidedBy: string): Promise<void> {
  const revoked = await rows(
    client,
    'update api_key set revoked_at = now() where api_key_id = $1 and revoked_at is null returning api_key_id',
    [apiKeyId],
  );
  one(revoked, `API key ${apiKeyId} that is not revoked yet`);
  await writeJournalLine(client, { kind: 'api-key-revoked', decidedBy, fact: { apiKeyId } });
}
