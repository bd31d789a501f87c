/** An HTTP server that does not listen: it serves connections that somebody else has accepted. */
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { droppedConnections, prepareServer, type RunningServer, type ServeOptions } from './serve.ts';

/** A server of connections that are given to it. */
export interface ConnectionServer extends Pick<RunningServer, 'close'> {
  /** Serves the connection, of which nothing was read yet; one too many is ended. */
  take(connection: Socket): void;
}

/** Starts it. */
export function serveConnections(
  listener: RequestListener,
  { maxConnections, metrics, ...limits }: Pick<ServeOptions, 'maxConnections' | 'metrics' | 'idleMs'>,
): ConnectionServer {
  const { server, drain } = prepareServer(listener, limits);
  const dropped = droppedConnections(metrics);
  const open = new Set<Socket>();
  const allClosed = Promise.withResolvers<void>();
  let isClosing = false;
  const settle = (): void => {
    if (isClosing && open.size === 0) allClosed.resolve();
  };
  // What Node begins with listening: limits of time, and knowing which connections are idle.
  server.emit('listening');
  return {
    take: (connection) => {
      if (open.size >= maxConnections) {
        dropped.add(1);
        connection.destroy();
        return;
      }
      open.add(connection);
      connection.once('close', () => {
        open.delete(connection);
        settle();
      });
      // As of a connection that an HTTP server has accepted itself.
      connection.allowHalfOpen = true;
      server.emit('connection', connection);
      connection.resume();
    },
    close: ({ graceMs } = {}) => {
      isClosing = true;
      const drained = drain(graceMs, allClosed.promise);
      settle();
      return drained;
    },
  };
}
