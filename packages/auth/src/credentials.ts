/**
 * The credential of a request: an API key in `Authorization`, as `Bearer {key}` (RFC 6750) or as the password of `Basic`
 * (RFC 7617; any user name), which viewers and older scanners can send. No query parameter: URLs end up in logs.
 */
import { type ParsedApiKey, parseApiKey } from './api-key.ts';

/** What was found. */
export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'api-key'; readonly key: ParsedApiKey };

/** Longest header value that is looked at. */
const MAX_LENGTH = 1024;

/** Reads the `Authorization` header; nothing is verified here. */
export function readCredential(authorization: string | undefined): Credential {
  if (authorization === undefined || authorization.trim() === '') return { kind: 'none' };
  if (authorization.length > MAX_LENGTH) return { kind: 'malformed' };
  const [, scheme = '', value = ''] = /^ *([A-Za-z]+) +(\S+) *$/.exec(authorization) ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return credentialOf(value);
    case 'basic':
      return credentialOf(passwordOf(value));
    default:
      return { kind: 'malformed' };
  }
}

/** The challenges that a 401 carries in `WWW-Authenticate` (RFC 9110 §11.6.1). */
export const CHALLENGES: readonly string[] = [
  'Bearer realm="Sandyq"',
  'Basic realm="Sandyq", charset="UTF-8"',
];

function credentialOf(text: string | undefined): Credential {
  const key = text === undefined ? undefined : parseApiKey(text);
  return key === undefined ? { kind: 'malformed' } : { kind: 'api-key', key };
}

function passwordOf(base64: string): string | undefined {
  const pair = Buffer.from(base64, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon === -1 ? undefined : pair.slice(colon + 1);
}
