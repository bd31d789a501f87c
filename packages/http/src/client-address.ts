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

const HOST = /^[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?$|^\[[0-9a-f:.]{2,45}\](:[0-9]{1,5})?$/i;

/** What links in answers begin with: the configured public address, else what the client asked for. */
export function baseUrlOf({ headers, socket }: IncomingMessage, publicUrl: string | undefined): string {
  if (publicUrl !== undefined) return publicUrl;
  const { host } = headers;
  if (host !== undefined && HOST.test(host)) return `http://${host}`;
  const address = socket.localAddress ?? 'localhost';
  return `http://${address.includes(':') ? `[${address}]` : address}:${socket.localPort ?? 80}`;
}
