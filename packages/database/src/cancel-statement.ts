/** Ends what PostgreSQL does for a client (PostgreSQL manual, §54.2.8 "Canceling Requests in Progress"). */
import { connect } from 'node:net';
import type pg from 'pg';

declare module 'pg' {
  interface ClientBase {
    /** What PostgreSQL knows the connection by; null until it has said so. */
    readonly processID: number | null;
    readonly secretKey: number | null;
  }
}

const CANCEL_REQUEST = 80_877_102;
const LONGEST_MS = 2_000;

/** Resolves when PostgreSQL has passed it on, or could not be asked. The statement then fails, unless its answer is under way. */
export function cancelStatement({ host, port, processID, secretKey }: pg.PoolClient): Promise<void> {
  if (processID === null || secretKey === null) return Promise.resolve();
  const request = Buffer.alloc(16);
  for (const [index, value] of [request.length, CANCEL_REQUEST, processID, secretKey].entries())
    request.writeInt32BE(value, index * 4);
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  socket
    .setTimeout(LONGEST_MS, () => socket.destroy())
    .once('error', () => resolve())
    .once('close', () => resolve())
    .resume()
    .end(request);
  return promise;
}
