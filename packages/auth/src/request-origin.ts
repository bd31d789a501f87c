/**
 * What a browser may be tricked into. A page of another site can make the browser of a user send requests here: with the password the
 * browser remembers (`Basic`), or with none in single-user mode. And by DNS rebinding its own host name can come to mean 127.0.0.1.
 * So requests that change something must come from our own pages (or from no browser), and in single-user mode the name asked for
 * must be a loopback one.
 */
import { isLoopback } from './auth-mode.ts';

/** The headers that say where a request comes from. */
export interface OriginHeaders {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  readonly 'sec-fetch-site'?: string | string[] | undefined;
}

/** What is trusted. */
export interface OriginRules {
  /** Single-user mode: the host name must be loopback or that of `publicUrl`. */
  readonly loopbackOnly: boolean;
  /** Address under which clients know the archive. */
  readonly publicUrl?: string | undefined;
  /** Origins of other sites whose pages may call us, e.g. a hospital's viewer: `https://viewer.example`. */
  readonly allowedOrigins: readonly string[];
}

/** Why a request is refused before anything else is looked at. */
export type OriginFailure = 'foreign-host' | 'cross-site';

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Judges a request by its headers; undefined: nothing against it. */
export function judgeOrigin(
  method: string,
  headers: OriginHeaders,
  rules: OriginRules,
): OriginFailure | undefined {
  if (rules.loopbackOnly && !isKnownHost(headers.host, rules)) return 'foreign-host';
  if (SAFE_METHODS.has(method)) return undefined;
  return isCrossSite(headers, rules) ? 'cross-site' : undefined;
}

/** Origin is asked first: browsers send it with every request that is not GET or HEAD, and it names the site exactly. */
function isCrossSite(headers: OriginHeaders, rules: OriginRules): boolean {
  const { origin } = headers;
  if (origin !== undefined) {
    if (rules.allowedOrigins.includes(origin)) return false;
    const url = parseUrl(origin);
    return url === undefined || !sameHost(url.host, headers.host, rules);
  }
  const site = headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

function sameHost(host: string, requested: string | undefined, { publicUrl }: OriginRules): boolean {
  return host === requested || (publicUrl !== undefined && host === parseUrl(publicUrl)?.host);
}

/** HTTP/1.0 clients send no Host header; browsers, the only ones to be tricked, always do. */
function isKnownHost(host: string | undefined, { publicUrl }: OriginRules): boolean {
  if (host === undefined) return true;
  const asked = parseUrl(`http://${host}`);
  if (asked === undefined) return false;
  return (
    isLoopback(asked.hostname) ||
    (publicUrl !== undefined && asked.hostname === parseUrl(publicUrl)?.hostname)
  );
}

function parseUrl(text: string): URL | undefined {
  return URL.parse(text) ?? undefined;
}
