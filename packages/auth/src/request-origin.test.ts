import { describe, expect, it } from 'vitest';
import { assertAuthMode, isLoopback } from './auth-mode.ts';
import { judgeOrigin, type OriginRules } from './request-origin.ts';

describe('where the archive may run without credentials', () => {
  it.each([
    '127.0.0.1',
    '127.8.9.10',
    '::1',
    '[::1]',
    'localhost',
    'LOCALHOST',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
  ])('%s', (host) => {
    expect(isLoopback(host)).toBe(true);
    expect(() => assertAuthMode({ mode: 'single-user', host })).not.toThrow();
  });

  it.each([
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '192.168.1.1',
    'archive.kz',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '127.evil.example',
    '1127.0.0.1',
    '',
  ])('not %s', (host) => {
    expect(() => assertAuthMode({ mode: 'single-user', host })).toThrow(
      expect.objectContaining({
        code: 'unauthenticated-address',
        message: expect.stringContaining('SANDYQ_AUTH=keys'),
      }),
    );
    expect(() => assertAuthMode({ mode: 'keys', host })).not.toThrow();
  });
});

const single: OriginRules = { loopbackOnly: true, allowedOrigins: [] };
const keys: OriginRules = {
  loopbackOnly: false,
  publicUrl: 'https://archive.kz/pacs',
  allowedOrigins: ['https://viewer.kz'],
};

describe('a request to the single user', () => {
  it.each(['127.0.0.1:8080', 'localhost:8080', '[::1]:8080', 'localhost'])('may name %s', (host) => {
    expect(judgeOrigin('GET', { host }, single)).toBeUndefined();
  });

  it.each(['evil.example', 'evil.example:8080', '127.0.0.1.evil.example', '10.0.0.1', 'a b'])(
    'may not name %s (DNS rebinding)',
    (host) => {
      expect(judgeOrigin('GET', { host }, single)).toBe('foreign-host');
    },
  );

  it('may name the public address', () => {
    const rules = { ...single, publicUrl: 'https://archive.kz' };
    expect(judgeOrigin('GET', { host: 'archive.kz' }, rules)).toBeUndefined();
  });

  it('may come without a host name (HTTP/1.0)', () => {
    expect(judgeOrigin('GET', {}, single)).toBeUndefined();
  });
});

describe('a request that changes something', () => {
  const host = 'archive.kz';
  it.each([
    ['no browser', {}],
    ['our page', { origin: 'https://archive.kz', 'sec-fetch-site': 'same-origin' }],
    [
      'the public address behind a proxy that renames',
      { host: 'internal:8080', origin: 'https://archive.kz' },
    ],
    ['an allowed viewer', { origin: 'https://viewer.kz', 'sec-fetch-site': 'same-site' }],
    ['typed in', { 'sec-fetch-site': 'none' }],
  ])('may come from %s', (_, headers) => {
    expect(judgeOrigin('POST', { host, ...headers }, keys)).toBeUndefined();
  });

  it.each([
    ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['a page without an origin', { origin: 'null' }],
    ['another port of ours', { origin: 'https://archive.kz:444' }],
    ['another site that hides its origin', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling site', { 'sec-fetch-site': 'same-site' }],
  ])('may not come from %s', (_, headers) => {
    expect(judgeOrigin('POST', { host, ...headers }, keys)).toBe('cross-site');
    expect(judgeOrigin('DELETE', { host, ...headers }, keys)).toBe('cross-site');
    expect(judgeOrigin('GET', { host, ...headers }, keys)).toBeUndefined();
  });
});
