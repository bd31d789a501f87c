import { describe, expect, it } from 'vitest';
import { type Action, decide, GUARDED_ACTIONS, OPEN_ACTIONS } from './permissions.ts';
import { type Principal, ROLES, type Role, SINGLE_USER } from './principal.ts';

/** Written by hand, not derived from the code: what each role may do, everything else is denied. */
const EXPECTED: Record<Role, readonly Action[]> = {
  scanner: ['store', 'commit-storage'],
  'change-requester': ['reject-by-note'],
  radiologist: ['search', 'retrieve', 'read-original', 'commit-storage'],
  administrator: [
    'search',
    'commit-storage',
    'administer',
    'manage-quarantine',
    'manage-retention',
    'read-changes',
    'metrics',
  ],
  auditor: ['read-audit', 'read-changes', 'metrics'],
  manager: ['search', 'manage-retention'],
};

function principal(roles: Role[], facilityId?: string): Principal {
  return { kind: 'person', id: 'key', name: 'Key', roles, ...(facilityId !== undefined && { facilityId }) };
}

describe('each role and each action', () => {
  const table = ROLES.flatMap((role) => GUARDED_ACTIONS.map((action) => ({ role, action })));
  it.each(table)('$role: $action', ({ role, action }) => {
    expect(decide(principal([role], '1'), action, { facilityId: '1' })).toEqual(
      EXPECTED[role].includes(action)
        ? { allowed: true, reason: 'role-permits', confinedTo: '1' }
        : { allowed: false, reason: 'role-forbids' },
    );
  });

  it.each(GUARDED_ACTIONS)('nobody: %s', (action) => {
    expect(decide(undefined, action)).toEqual({ allowed: false, reason: 'no-principal' });
    expect(decide(principal([]), action)).toEqual({ allowed: false, reason: 'role-forbids' });
  });

  it.each(OPEN_ACTIONS)('anyone: %s', (action) => {
    expect(decide(undefined, action)).toEqual({ allowed: true, reason: 'open-action' });
  });

  it.each(GUARDED_ACTIONS)('single user: %s', (action) => {
    expect(decide(SINGLE_USER, action, { facilityId: '1' })).toEqual({
      allowed: true,
      reason: 'single-user',
    });
  });
});

describe('facilities', () => {
  it('a scanner stores into its own facility and no other, and needs one', () => {
    const scanner = principal(['scanner'], '1');
    expect(decide(scanner, 'store')).toEqual({ allowed: true, reason: 'role-permits', confinedTo: '1' });
    expect(decide(scanner, 'store', { facilityId: '2' })).toEqual({
      allowed: false,
      reason: 'other-facility',
    });
    expect(decide(principal(['scanner']), 'store')).toEqual({ allowed: false, reason: 'no-facility' });
  });

  it('a radiologist of a facility is confined to it, one of none is not', () => {
    expect(decide(principal(['radiologist'], '1'), 'search')).toMatchObject({
      allowed: true,
      confinedTo: '1',
    });
    expect(decide(principal(['radiologist'], '1'), 'retrieve', { facilityId: '2' })).toEqual({
      allowed: false,
      reason: 'other-facility',
    });
    expect(decide(principal(['radiologist']), 'retrieve', { facilityId: '2' })).toEqual({
      allowed: true,
      reason: 'role-permits',
    });
  });

  it('two roles give what either gives', () => {
    const both = principal(['scanner', 'radiologist'], '1');
    expect(decide(both, 'store')).toMatchObject({ allowed: true });
    expect(decide(both, 'retrieve', { facilityId: '1' })).toMatchObject({ allowed: true });
    expect(decide(both, 'administer')).toMatchObject({ allowed: false });
  });
});
