/** Who is at the other end, and under which name they know us. */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** Address of the client: of the connection, or what the outermost of `trustedProxies` reverse proxies saw (`X-Forwarded-For`). */
export function remoteAddressOf(
  { headers, socket }: IncomingMessage,
  trustedProxies: number,
): string | undefined {
  const direct = socket.remoteAddress?.replace(/^::ffff:/, '');
  if (trustedProxies === 0) return direct;
  const hops = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
  const seen = hops.at(-trustedProxies)?.trim() ?? '';
  return isIP(seen) === 0 ? direct : seen;
}

const HOST = /^[A-Za-z0-9._-]{1,253}(:[0-9]{1,5})?$|^\[[0-9a-f:.]{2,45}\](:[0-9]{1,5})?$/i;

/**
 * What links in answers begin with: the configured public address, else what the client asked for, of which trusted reverse proxies
 * tell by `X-Forwarded-Proto` and `X-Forwarded-Host`.
 */
export function baseUrlOf(
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
  { publicUrl, trustedProxies }: { readonly publicUrl?: string | undefined; readonly trustedProxies: number },
): string {
  if (publicUrl !== undefined) return publicUrl;
  const forwarded = (name: string) => forwardedValue(headers[name], trustedProxies);
  const protocol = forwarded('x-forwarded-proto')?.toLowerCase() === 'https' ? 'https' : 'http';
  const host = [forwarded('x-forwarded-host'), headers.host].find((name) => name && HOST.test(name));
  if (host !== undefined) return `${protocol}://${host}`;
  const address = socket.localAddress ?? 'localhost';
  return `http://${address.includes(':') ? `[${address}]` : address}:${socket.localPort ?? 80}`;
}

/** What the outermost trusted proxy said; each may have set the field anew or added to it. */
function forwardedValue(field: string | string[] | undefined, trustedProxies: number): string | undefined {
  if (field === undefined || trustedProxies === 0) return undefined;
  const values = [field].flat().join(',').split(',');
  return (values.at(-trustedProxies) ?? values[0])?.trim();
}
