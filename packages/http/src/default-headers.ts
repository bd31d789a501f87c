/** Headers of every answer; a handler may set others. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** What decides about them. */
export interface HeaderRules {
  readonly publicUrl?: string | undefined;
  /** Origins whose pages may read answers (CORS). */
  readonly corsOrigins: readonly string[];
}

/** Headers of ours that pages of allowed origins may read, beyond the few that CORS always shows. */
const EXPOSED =
  'Accept-Ranges, Allow, Content-Disposition, Content-Encoding, Content-Length, Content-Location, Content-Range, ETag, Link, Location, Repr-Digest, Retry-After, Sandyq-Correction, Warning, X-Request-Id';
const ALLOWED =
  'Accept, Accept-Language, Authorization, Cache-Control, Content-Encoding, Content-Type, If-Match, If-Modified-Since, If-None-Match, If-Range, If-Unmodified-Since, Pragma, Range, X-Request-Id, X-Requested-With';
const PREFLIGHT_SECONDS = '600';

/** Sets them: nothing is cached, guessed, framed or embedded elsewhere unless the handler or the CORS list says so. */
export function setDefaultHeaders(
  request: IncomingMessage,
  response: ServerResponse,
  rules: HeaderRules,
): void {
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  if (rules.publicUrl?.startsWith('https:') === true) {
    response.setHeader('Strict-Transport-Security', 'max-age=31536000');
  }
  if (rules.corsOrigins.length > 0) setCorsHeaders(request, response, rules.corsOrigins);
}

function setCorsHeaders(
  { headers, method }: IncomingMessage,
  response: ServerResponse,
  corsOrigins: readonly string[],
): void {
  response.setHeader('Vary', 'Origin');
  const { origin } = headers;
  if (origin === undefined || !corsOrigins.includes(origin)) return;
  response.setHeader('Access-Control-Allow-Origin', origin);
  response.setHeader('Access-Control-Expose-Headers', EXPOSED);
  // Never together with `*`: the origin is one that the administrator has named.
  response.setHeader('Access-Control-Allow-Credentials', 'true');
  if (method !== 'OPTIONS') return;
  response.setHeader('Access-Control-Allow-Headers', ALLOWED);
  response.setHeader('Access-Control-Max-Age', PREFLIGHT_SECONDS);
}
