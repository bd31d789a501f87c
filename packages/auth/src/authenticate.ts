/** From the `Authorization` header to a principal. */
import { verifyApiKey } from './api-key.ts';
import { readCredential } from './credentials.ts';
import { type Principal, SINGLE_USER } from './principal.ts';

/** A stored API key. */
export interface ApiKeyRecord {
  readonly id: string;
  /** SHA-256 of the secret, 32 bytes. */
  readonly secretHash: Uint8Array;
  readonly principal: Principal;
  readonly revoked: boolean;
}

/** Where API keys are looked up: the database, behind a short cache (principal-cache.ts). */
export interface PrincipalSource {
  findApiKey(id: string): Promise<ApiKeyRecord | undefined>;
}

/** Why a request has no principal. `no-credential` asks for one; the others are credentials that don't hold. */
export type AuthenticationFailure =
  | 'no-credential'
  | 'malformed-credential'
  | 'unknown-key'
  | 'wrong-secret'
  | 'revoked-key';

/** Who asks, or why nobody does. */
export type Authentication =
  | { readonly principal: Principal }
  | { readonly principal: undefined; readonly failure: AuthenticationFailure };

/** Finds the principal of a request. Rejects only when keys can't be looked up. */
export type Authenticate = (authorization: string | undefined) => Promise<Authentication>;

/** Authentication by API key. */
export function authenticateByKey(keys: PrincipalSource): Authenticate {
  return async (authorization) => {
    const credential = readCredential(authorization);
    if (credential.kind === 'none') return failed('no-credential');
    if (credential.kind === 'malformed') return failed('malformed-credential');
    const record = await keys.findApiKey(credential.key.id);
    const matches = verifyApiKey(credential.key, record?.secretHash ?? NO_HASH);
    if (record === undefined) return failed('unknown-key');
    if (!matches) return failed('wrong-secret');
    return record.revoked ? failed('revoked-key') : { principal: record.principal };
  };
}

/** Everyone is the single user; only for loopback addresses, see `assertAuthMode`. */
export const authenticateSingleUser: Authenticate = () => Promise.resolve({ principal: SINGLE_USER });

/** Compared with when there is no such key, so that an unknown id takes as long as a wrong secret. */
const NO_HASH = new Uint8Array(32);

function failed(failure: AuthenticationFailure): Authentication {
  return { principal: undefined, failure };
}
