import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { baseUrlOf } from './client-address.ts';

function baseUrl(headers: Record<string, string>, trustedProxies = 0, publicUrl?: string): string {
  const socket = { localAddress: '10.0.0.1', localPort: 8080 };
  return baseUrlOf({ headers, socket } as unknown as IncomingMessage, { trustedProxies, publicUrl });
}

describe('what links begin with', () => {
  it.each([
    ['archive', 'http://archive'],
    ['archive.example.kz:8443', 'http://archive.example.kz:8443'],
    ['my_host', 'http://my_host'],
    ['[::1]:80', 'http://[::1]:80'],
    ['a b', 'http://10.0.0.1:8080'],
    ['a/b', 'http://10.0.0.1:8080'],
    ['a@b', 'http://10.0.0.1:8080'],
    ['', 'http://10.0.0.1:8080'],
  ])('Host %j: %s', (host, expected) => {
    expect(baseUrl({ host })).toBe(expected);
  });

  it('is what is configured, whatever the request says', () => {
    const headers = { host: 'a', 'x-forwarded-host': 'b' };
    expect(baseUrl(headers, 1, 'https://c/d')).toBe('https://c/d');
  });

  it('is what trusted proxies say, and no others', () => {
    const headers = { host: 'a', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'b.kz' };
    expect(baseUrl(headers)).toBe('http://a');
    expect(baseUrl(headers, 1)).toBe('https://b.kz');
    expect(baseUrl({ ...headers, 'x-forwarded-host': 'evil, b.kz' }, 1)).toBe('https://b.kz');
    expect(baseUrl({ ...headers, 'x-forwarded-proto': 'javascript' }, 1)).toBe('http://b.kz');
    expect(baseUrl({ ...headers, 'x-forwarded-host': 'b kz' }, 1)).toBe('https://a');
    expect(baseUrl({ host: 'a' }, 2)).toBe('http://a');
  });
});
