/** The target of a request (RFC 9112 §3.2) in the one form that routes know. */
import type { IncomingMessage } from 'node:http';
import { HttpError } from './errors.ts';

/** Longest target that is looked at, in characters: searches list UIDs in it. */
export const LONGEST_TARGET = 64 * 2 ** 10;

const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/is;

/**
 * Brings the target into origin form: an absolute one names its host itself (RFC 9112 §3.2.2), and slashes in a row, which clients
 * get by joining a base URL and a path, count as one, and an encoded letter is the letter (RFC 3986 §6.2.2.2). Drops `Range` where it has no meaning (RFC 9110 §14.2). Throws `uri-too-long`.
 */
export function normaliseTarget(request: IncomingMessage): void {
  const target = request.url ?? '/';
  if (target.length > LONGEST_TARGET) {
    throw new HttpError('uri-too-long', `The URL is longer than ${LONGEST_TARGET} characters.`);
  }
  const [, host, rest = target] = ABSOLUTE.exec(target) ?? [];
  if (host !== undefined) request.headers.host = host;
  const origin = rest.startsWith('/') ? rest : `/${rest}`;
  const mark = origin.indexOf('?');
  const path = mark === -1 ? origin : origin.slice(0, mark);
  const query = mark === -1 ? '' : origin.slice(mark);
  if (!isAsterisk(request)) request.url = plain(path).replace(/\/{2,}/g, '/') + query;
  if (request.method !== 'GET') delete request.headers.range;
}

/** Letters, digits and the few others that need no encoding, unencoded. */
function plain(path: string): string {
  return path.replace(/%([2-7][0-9a-f])/gi, (encoded, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[\w.~-]/.test(character) ? character : encoded;
  });
}

/** `OPTIONS *` asks about the server, not about a resource (RFC 9110 §9.3.7). */
export function isAsterisk({ method, url }: IncomingMessage): boolean {
  return method === 'OPTIONS' && url === '*';
}
