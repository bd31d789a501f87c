/** Who asks, and what they may do. Pure, but for the key lookup behind {@link PrincipalSource}. */
export {
  type NewApiKey,
  newApiKey,
  type ParsedApiKey,
  parseApiKey,
  type RandomBytes,
  verifyApiKey,
} from './api-key.ts';
export { AUTH_MODES, type AuthMode, assertAuthMode, isLoopback } from './auth-mode.ts';
export {
  type ApiKeyRecord,
  type Authenticate,
  type Authentication,
  type AuthenticationFailure,
  authenticateByKey,
  authenticateSingleUser,
  type PrincipalSource,
} from './authenticate.ts';
export { CHALLENGES, type Credential, readCredential } from './credentials.ts';
export { AuthError, type AuthErrorCode } from './errors.ts';
export {
  type Action,
  type Allowed,
  type AllowReason,
  type Decision,
  type Denied,
  type DenyReason,
  decide,
  GUARDED_ACTIONS,
  type GuardedAction,
  isOpenAction,
  OPEN_ACTIONS,
  type OpenAction,
  type Resource,
} from './permissions.ts';
export {
  isRole,
  type KeyOwner,
  PRINCIPAL_KINDS,
  type Principal,
  type PrincipalKind,
  principalOfKey,
  ROLES,
  type Role,
  SINGLE_USER,
} from './principal.ts';
export { cachePrincipals, type PrincipalCacheOptions } from './principal-cache.ts';
export { judgeOrigin, type OriginFailure, type OriginHeaders, type OriginRules } from './request-origin.ts';
