/** API keys for tests of an archive with SANDYQ_AUTH=keys. */
import { newApiKey, type Role } from '@sandyq/auth';
import { createApiKey, type Queryable } from '@sandyq/database';

/** Whose key it is. */
export interface KeyOwner {
  readonly roles: readonly Role[];
  readonly facilityCode?: string;
  readonly deviceCode?: string;
}

/** Makes a key and returns its text, which goes into `Authorization: Bearer …`. */
export async function createKey(database: Queryable, owner: KeyOwner): Promise<string> {
  const { key, id, secretHash } = newApiKey();
  const row = { apiKeyId: id, secretHash: Buffer.from(secretHash), name: owner.roles.join(' '), ...owner };
  await createApiKey(database, row, 'test');
  return key;
}
