/**
 * Who may do what: principal × action × resource, denied unless the table says otherwise (design §8).
 *
 * The roles follow the field: a scanner only stores, and asks whether what it stored is safe; a change requester (IHE RAD TF-1
 * §33, IOCM) is a sender whose rejection notes are believed; reading pixel data is the
 * radiologist's; an administrator runs the archive, may search (which studies are concerned?) and sees what is in
 * quarantine, but reads no accepted study; the auditor reads the audit, which the administrator does not; the manager keeps
 * retention, and so may the administrator, because what is irreversible takes two of them. Who needs two of these gets two
 * roles.
 */
import type { Principal, Role } from './principal.ts';

/** What anyone may do, without a credential; nothing of these shows patient data. */
export const OPEN_ACTIONS = ['health', 'open-pages', 'open-metrics'] as const;
/** What needs a principal. */
export const GUARDED_ACTIONS = [
  'store',
  'reject-by-note',
  'commit-storage',
  'search',
  'retrieve',
  'read-original',
  'read-changes',
  'administer',
  'manage-quarantine',
  'manage-retention',
  'read-audit',
  'metrics',
] as const;
/** One of {@link OPEN_ACTIONS}. */
export type OpenAction = (typeof OPEN_ACTIONS)[number];
/** One of {@link GUARDED_ACTIONS}. */
export type GuardedAction = (typeof GUARDED_ACTIONS)[number];
/** Anything a route can do. */
export type Action = OpenAction | GuardedAction;

/** What the action touches, as far as it is known. */
export interface Resource {
  /** The facility that owns the study, device, or quarantined instance. Absent: not known yet, or of no facility. */
  readonly facilityId?: string;
}

/** Where a role's permission reaches: its own facility only, or everywhere unless the principal itself is of one facility. */
type Reach = 'own-facility' | 'nationwide';

const PERMISSIONS: Readonly<Record<Role, Readonly<Partial<Record<GuardedAction, Reach>>>>> = {
  scanner: { store: 'own-facility', 'commit-storage': 'own-facility' },
  'change-requester': { 'reject-by-note': 'own-facility' },
  radiologist: {
    search: 'nationwide',
    retrieve: 'nationwide',
    'read-original': 'nationwide',
    'commit-storage': 'nationwide',
  },
  administrator: {
    search: 'nationwide',
    'commit-storage': 'nationwide',
    administer: 'nationwide',
    'manage-quarantine': 'nationwide',
    'manage-retention': 'nationwide',
    'read-changes': 'nationwide',
    metrics: 'nationwide',
  },
  auditor: { 'read-audit': 'nationwide', 'read-changes': 'nationwide', metrics: 'nationwide' },
  manager: { search: 'nationwide', 'manage-retention': 'nationwide' },
};

/** Why something is allowed. */
export type AllowReason = 'open-action' | 'single-user' | 'role-permits';
/** Why something is refused. */
export type DenyReason =
  | 'no-principal'
  | 'role-forbids'
  | 'no-facility'
  | 'other-facility'
  /** The principal is confined to a facility and the route can't keep to it. */
  | 'not-confinable';

/** Allowed, perhaps within one facility only: then whoever acts on it must leave out everything of other facilities. */
export interface Allowed {
  readonly allowed: true;
  readonly reason: AllowReason;
  /** The only facility whose resources may be touched; absent: any. */
  readonly confinedTo?: string;
}
/** Refused. */
export interface Denied {
  readonly allowed: false;
  readonly reason: DenyReason;
}
/** What {@link decide} says. */
export type Decision = Allowed | Denied;

/**
 * The one decision function. A resource whose facility is known is judged at once; where it is not known yet (a search, a study
 * not looked up) the answer says to which facility the principal is confined, and the caller filters by it or decides again.
 */
export function decide(principal: Principal | undefined, action: Action, resource: Resource = {}): Decision {
  if (isOpenAction(action)) return { allowed: true, reason: 'open-action' };
  if (principal === undefined) return { allowed: false, reason: 'no-principal' };
  if (principal.kind === 'single-user') return { allowed: true, reason: 'single-user' };
  const reach = reachOf(principal.roles, action);
  if (reach === undefined) return { allowed: false, reason: 'role-forbids' };
  const { facilityId } = principal;
  if (facilityId === undefined) {
    return reach === 'nationwide'
      ? { allowed: true, reason: 'role-permits' }
      : { allowed: false, reason: 'no-facility' };
  }
  if (resource.facilityId !== undefined && resource.facilityId !== facilityId) {
    return { allowed: false, reason: 'other-facility' };
  }
  return { allowed: true, reason: 'role-permits', confinedTo: facilityId };
}

/** Whether anyone may do it. */
export function isOpenAction(action: Action): action is OpenAction {
  return OPEN_ACTIONS.some((open) => open === action);
}

function reachOf(roles: readonly Role[], action: GuardedAction): Reach | undefined {
  const reaches = roles.map((role) => PERMISSIONS[role][action]);
  return reaches.includes('nationwide') ? 'nationwide' : reaches.find((reach) => reach !== undefined);
}
