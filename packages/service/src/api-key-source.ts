/** API keys as they are looked up in the database. */
import { type ApiKeyRecord, type PrincipalSource, principalOfKey } from '@sandyq/auth';
import { type ApiKeyRow, type Database, findApiKey } from '@sandyq/database';

/** Asks the database each time: put a cache before it where requests are many. */
export function apiKeySource(database: Database): PrincipalSource {
  return {
    findApiKey: async (id) => {
      const row = await findApiKey(database, id);
      return row && recordOf(row);
    },
  };
}

function recordOf(row: ApiKeyRow): ApiKeyRecord {
  return {
    id: row.apiKeyId,
    secretHash: row.secretHash,
    revoked: row.revokedAt !== undefined,
    principal: principalOfKey({
      id: row.apiKeyId,
      name: row.name,
      roles: row.roles,
      facilityId: row.facilityId?.toString(),
      deviceId: row.deviceId?.toString(),
    }),
  };
}
