import { describe, expect, it } from 'vitest';
import { newApiKey } from './api-key.ts';
import { type ApiKeyRecord, authenticateByKey, authenticateSingleUser } from './authenticate.ts';
import { principalOfKey, SINGLE_USER } from './principal.ts';

function stored(roles: string[], revoked = false) {
  const { key, id, secretHash } = newApiKey();
  const principal = principalOfKey({ id, name: 'CT 1', roles, facilityId: '1' });
  return { key, record: { id, secretHash, principal, revoked } satisfies ApiKeyRecord };
}

const scanner = stored(['scanner']);
const revoked = stored(['radiologist'], true);
const records = new Map([scanner.record, revoked.record].map((record) => [record.id, record]));
const authenticate = authenticateByKey({ findApiKey: (id) => Promise.resolve(records.get(id)) });
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;

describe('authentication by key', () => {
  it.each([
    ['a bearer token', `Bearer ${scanner.key}`],
    ['any case and spaces', `bearer  ${scanner.key} `],
    ['a password', basic(`ct:${scanner.key}`)],
    ['a password without a user', basic(`:${scanner.key}`)],
  ])('takes %s', async (_, authorization) => {
    expect(await authenticate(authorization)).toEqual({ principal: scanner.record.principal });
  });

  it.each([
    ['nothing', undefined, 'no-credential'],
    ['an empty header', '', 'no-credential'],
    ['a scheme alone', 'Bearer', 'malformed-credential'],
    ['no key', 'Bearer x', 'malformed-credential'],
    ['another scheme', 'Digest username="x"', 'malformed-credential'],
    ['Basic without a colon', basic('no colon'), 'malformed-credential'],
    ['a password that is no key', basic('user:password'), 'malformed-credential'],
    ['an endless header', `Bearer ${'a'.repeat(5000)}`, 'malformed-credential'],
    ['a key that was never made', `Bearer ${newApiKey().key}`, 'unknown-key'],
    ['a known id with another secret', `Bearer ${scanner.key.slice(0, 24)}${'a'.repeat(52)}`, 'wrong-secret'],
    ['a revoked key', `Bearer ${revoked.key}`, 'revoked-key'],
  ])('refuses %s', async (_, authorization, failure) => {
    expect(await authenticate(authorization)).toEqual({ principal: undefined, failure });
  });

  it('rejects when keys cannot be looked up: that is not a wrong credential', async () => {
    const away = authenticateByKey({ findApiKey: () => Promise.reject(new Error('away')) });
    await expect(away(`Bearer ${scanner.key}`)).rejects.toThrow('away');
    await expect(away(undefined)).resolves.toMatchObject({ failure: 'no-credential' });
  });
});

it('single-user mode knows one user', async () => {
  expect(await authenticateSingleUser(undefined)).toEqual({ principal: SINGLE_USER });
});

describe('the principal of a key', () => {
  it('is a device if it is tied to one or only stores, else a person', () => {
    const of = (roles: string[], ids: { facilityId?: string; deviceId?: string }) =>
      principalOfKey({ id: 'k', name: 'K', roles, ...ids }).kind;
    expect(of(['scanner'], { facilityId: '1' })).toBe('device');
    expect(of(['scanner', 'radiologist'], { facilityId: '1', deviceId: '2' })).toBe('device');
    expect(of(['scanner', 'radiologist'], { facilityId: '1' })).toBe('person');
    expect(of(['administrator'], {})).toBe('person');
  });

  it.each([{ roles: [] }, { roles: ['king'] }, { roles: ['radiologist', 'king'] }, { roles: ['scanner'] }])(
    'is refused with %j',
    ({ roles }) => {
      expect(() => principalOfKey({ id: 'k', name: 'K', roles })).toThrow(
        expect.objectContaining({ code: 'invalid-principal' }),
      );
    },
  );
});
