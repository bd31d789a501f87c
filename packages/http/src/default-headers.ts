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
  'Accept-Ranges, Content-Length, Content-Location, Content-Range, ETag, Link, Location, Repr-Digest, Retry-After, Sandyq-Correction, Warning, X-Request-Id';
const ALLOWED = 'Accept, Authorization, Content-Type, If-Match, If-None-Match, If-Range, Range';
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
  if (method !== 'OPTIONS') return;
  response.setHeader('Access-Control-Allow-Headers', ALLOWED);
  response.setHeader('Access-Control-Max-Age', PREFLIGHT_SECONDS);
}
