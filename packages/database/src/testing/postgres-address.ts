/** Addresses of PostgreSQL, for what stands between it and its clients. */
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';

/** The embedded PostgreSQL listens on a Unix socket, whose folder the address names. */
export function connectTo(connectionString: string): Socket {
  const address = new URL(connectionString);
  const port = address.port || '5432';
  const folder = address.searchParams.get('host');
  return folder === null
    ? connect(Number(port), address.hostname)
    : connect(join(folder, `.s.PGSQL.${port}`));
}

/** The same database, through a port of this machine. */
export function throughPort(connectionString: string, port: number): string {
  const address = new URL(connectionString);
  address.host = `127.0.0.1:${port}`;
  address.searchParams.delete('host');
  return address.toString();
}
