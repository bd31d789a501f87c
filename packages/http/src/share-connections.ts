/** Listens, and gives each connection to somebody who serves it: this process or another one. */
import { createServer, type Socket } from 'node:net';
import { listen, type ServeOptions, urlOf } from './serve.ts';

/** What to listen on, and who serves. */
export interface ShareConnectionsOptions extends Pick<ServeOptions, 'host' | 'port'> {
  /** Given each connection; nothing was read from it. */
  readonly give: (connection: Socket) => void;
}

/** Listens until it is closed. */
export interface SharedListener {
  /** `http://host:port`. */
  readonly url: string;
  readonly port: number;
  /** Accepts no more; what was given away goes on. */
  readonly close: () => void;
}

/** Starts listening. Rejects with a StartError that names the setting to change. */
export async function shareConnections({
  give,
  ...address
}: ShareConnectionsOptions): Promise<SharedListener> {
  const server = createServer(
    { pauseOnConnect: true, allowHalfOpen: true, noDelay: true, keepAlive: true },
    give,
  );
  const port = await listen(server, address);
  return {
    url: urlOf(address.host, port),
    port,
    close: () => {
      server.close();
    },
  };
}
