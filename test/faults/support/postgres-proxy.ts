/** A proxy before PostgreSQL that can be cut, and that can lose a COMMIT or the answer to one. */

import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';

/** What becomes of the next COMMIT: it never reaches the server, or its answer never reaches the client. */
export type LostCommit = 'before' | 'after';

/** A running proxy. */
export interface PostgresProxy {
  /** The database's address through the proxy. */
  readonly connectionString: string;
  /** Breaks every connection, and refuses new ones until {@link restore}. */
  cut(): void;
  restore(): void;
  /** Loses the COMMIT of the next index transaction, with its connection. Resolves when that has happened. */
  loseNextCommit(which: LostCommit): Promise<void>;
  close(): Promise<void>;
}

/** Name of a prepared statement that every index transaction runs, and no other one. */
const INDEX_STATEMENT = 'announce-stored';
/** A simple query (PostgreSQL protocol, message `Q`) of this text. */
const COMMIT = Buffer.concat([Buffer.from('Q'), Buffer.from([0, 0, 0, 11]), Buffer.from('commit\0')]);

export async function startPostgresProxy(connectionString: string): Promise<PostgresProxy> {
  const upstream = new URL(connectionString);
  const sockets = new Set<Socket>();
  let isCut = false;
  let loss: { readonly which: LostCommit; readonly done: () => void } | undefined;

  const handle = (client: Socket): void => {
    const server = connectTo(upstream);
    const breakBoth = (): void => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      sockets.add(socket.on('error', breakBoth).on('close', breakBoth));
      socket.once('close', () => sockets.delete(socket));
    }
    if (isCut) breakBoth();
    let loseAnswer: (() => void) | undefined;
    let isIndexing = false;
    client.on('data', (chunk) => {
      isIndexing ||= chunk.includes(INDEX_STATEMENT);
      const found = isIndexing && chunk.includes(COMMIT) ? loss : undefined;
      if (chunk.includes(COMMIT)) isIndexing = false;
      if (found !== undefined) loss = undefined;
      if (found?.which === 'before') {
        breakBoth();
        found.done();
        return;
      }
      loseAnswer = found?.done;
      server.write(chunk);
    });
    server.on('data', (chunk) => {
      if (loseAnswer === undefined) {
        client.write(chunk);
        return;
      }
      breakBoth();
      loseAnswer();
    });
  };

  const proxy = createServer(handle);
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const own = new URL(connectionString);
  own.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  own.searchParams.delete('host');
  return {
    connectionString: own.toString(),
    cut: () => {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    restore: () => {
      isCut = false;
    },
    loseNextCommit: (which) =>
      new Promise((resolve) => {
        loss = { which, done: resolve };
      }),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

/** The embedded PostgreSQL listens on a Unix socket, whose folder the address names. */
function connectTo(upstream: URL): Socket {
  const folder = upstream.searchParams.get('host');
  if (folder !== null) return connect(join(folder, `.s.PGSQL.${upstream.port || '5432'}`));
  return connect(Number(upstream.port || '5432'), upstream.hostname);
}
