/** Who asks: a device (scanner, gateway), a person, a service, or the one user of an archive on a loopback address. */
import { AuthError } from './errors.ts';

/** Roles a principal can have; what each may do stands in permissions.ts. */
export const ROLES = [
  'scanner',
  'change-requester',
  'radiologist',
  'administrator',
  'auditor',
  'manager',
] as const;
/** One of {@link ROLES}. */
export type Role = (typeof ROLES)[number];

/** What kind of principal it is; it shows in the audit. */
export const PRINCIPAL_KINDS = ['device', 'person', 'service', 'single-user'] as const;
/** One of {@link PRINCIPAL_KINDS}. */
export type PrincipalKind = (typeof PRINCIPAL_KINDS)[number];

/** Someone whose credential was verified. */
export interface Principal {
  readonly kind: PrincipalKind;
  /** Id of the credential: the API key's id, later the subject of an identity provider. */
  readonly id: string;
  /** As the administrator named it. */
  readonly name: string;
  readonly roles: readonly Role[];
  /** The facility it belongs to; absent: of no facility, acts nationwide as far as its roles go. */
  readonly facilityId?: string;
  /** The device it is, if it is one that is registered. */
  readonly deviceId?: string;
}

/** The one user of an archive in single-user mode. It may do everything; see auth-mode.ts for where that is allowed. */
export const SINGLE_USER: Principal = Object.freeze({
  kind: 'single-user',
  id: 'single-user',
  name: 'single user',
  roles: Object.freeze([...ROLES]),
});

/** What is stored of an API key, beside its hash. */
export interface KeyOwner {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly facilityId?: string | undefined;
  readonly deviceId?: string | undefined;
}

/**
 * The principal that an API key stands for: a device if it is tied to one or can only store, else a person.
 * Throws `invalid-principal` for roles that don't exist, none, or a scanner of no facility.
 */
export function principalOfKey({ id, name, roles, facilityId, deviceId }: KeyOwner): Principal {
  const known = roles.filter(isRole);
  if (known.length === 0 || known.length !== roles.length)
    throw invalid(`The key ${id} has no role or an unknown one.`);
  if (known.includes('scanner') && facilityId === undefined)
    throw invalid(`The scanner's key ${id} has no facility.`);
  const storesOnly = known.every((role) => role === 'scanner' || role === 'change-requester');
  return {
    kind: deviceId !== undefined || storesOnly ? 'device' : 'person',
    id,
    name,
    roles: known,
    ...(facilityId !== undefined && { facilityId }),
    ...(deviceId !== undefined && { deviceId }),
  };
}

/** Whether the word is a role. */
export function isRole(word: string): word is Role {
  return ROLES.some((role) => role === word);
}

function invalid(message: string): AuthError {
  return new AuthError('invalid-principal', message);
}
