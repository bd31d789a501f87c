/** Listens, and stops listening without breaking off what is being answered. */
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import type { Counter, Metrics } from '@sandyq/telemetry';
import { StartError } from './errors.ts';
import { deferContinue, judgeExpectations } from './request-body.ts';
import { LONGEST_TARGET } from './request-target.ts';

/** Where to listen. */
export interface ServeOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly maxConnections: number;
  readonly metrics: Metrics;
  /** A connection without a byte in either direction for this long is dead, unless the archive itself is at work for it. Default 2 min. */
  readonly idleMs?: number;
}

/** A listening server. */
export interface RunningServer {
  /** `http://host:port`. */
  readonly url: string;
  readonly port: number;
  /**
   * Takes no new connection, ends idle ones, lets requests in progress finish within `graceMs`, then breaks off the rest. Resolves with
   * the number of requests broken off.
   */
  close(options?: { readonly graceMs?: number }): Promise<number>;
}

/** Time for requests in progress when stopping; leaves the service 2 s of its 10 to close what is behind. */
const GRACE_MS = 8000;

/** Default of {@link ServeOptions.idleMs}. There is no limit to the time of a whole body. */
const IDLE_MS = 120_000;
/** Between requests; longer than reverse proxies keep theirs (60 s), so that none sends into a connection being closed. */
const KEEP_ALIVE_MS = 75_000;
const HEADERS_MS = 60_000;
const CHECK_MS = 10_000;
/** Room for the longest target, and for the longer one that is refused as such (414) and not as a head (431). */
const MAX_HEAD_BYTES = 2 * LONGEST_TARGET;

/** Starts listening. Rejects with a {@link StartError} that names the setting to change. */
export async function serve(listener: RequestListener, options: ServeOptions): Promise<RunningServer> {
  const { server, drain } = prepareServer(listener, options);
  server.maxConnections = options.maxConnections;
  const dropped = droppedConnections(options.metrics);
  server.on('drop', () => dropped.add(1));
  const port = await listen(server, options);
  return { url: urlOf(options.host, port), port, close: ({ graceMs = GRACE_MS } = {}) => drain(graceMs) };
}

/** An HTTP server with the archive's limits, which does not listen yet. */
export interface PreparedServer {
  readonly server: Server;
  /** As {@link RunningServer.close}, once `othersClosed` too has resolved. */
  readonly drain: (graceMs?: number, othersClosed?: Promise<void>) => Promise<number>;
}

/** Makes it: limits of time and size, draining. */
export function prepareServer(
  listener: RequestListener,
  { idleMs = IDLE_MS }: Pick<ServeOptions, 'idleMs'>,
): PreparedServer {
  const server = createServer({
    requestTimeout: 0,
    headersTimeout: HEADERS_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: CHECK_MS,
    maxHeaderSize: MAX_HEAD_BYTES,
    keepAlive: true,
    noDelay: true,
  });
  server.timeout = idleMs;
  deferContinue(server);
  judgeExpectations(server);
  const active = answersInProgress(server);
  const drain = drainable(server, active);
  server.on('timeout', (socket: Socket) => endIdle(socket, active, idleMs));
  server.on('request', listener);
  return {
    server,
    drain: (graceMs = GRACE_MS, othersClosed = Promise.resolve()) => drain(graceMs, othersClosed),
  };
}

/** Counts connections that were refused. */
export function droppedConnections(metrics: Metrics): Counter<Readonly<Record<string, never>>> {
  return metrics.counter({ name: 'http_connections_dropped_total', help: 'Refused: too many.' });
}

/** To be called before the listener is attached. */
function answersInProgress(server: Server): ReadonlySet<ServerResponse> {
  const active = new Set<ServerResponse>();
  server.on('request', (_request, response) => {
    active.add(response);
    response.once('close', () => active.delete(response));
  });
  return active;
}

/**
 * A large object takes longer on its way into a slow store than any connection may be idle: its sender waits, and must not be cut off.
 * What the archive waits for has limits of its own.
 */
function endIdle(socket: Socket, active: ReadonlySet<ServerResponse>, idleMs: number): void {
  const response = [...active].find((each) => each.socket === socket);
  if (response === undefined || isClientsTurn(response)) socket.destroy();
  else socket.setTimeout(idleMs);
}

/** Whether the client has yet to send, or to take, what it is waited for. */
function isClientsTurn(response: ServerResponse): boolean {
  if (response.headersSent) return response.writableLength > 0;
  const { req: request } = response;
  return !request.complete && request.readableLength === 0;
}

/** Connections without a request so far: Node waits for their first one as for an answer in progress. */
function connectionsUnasked(server: Server): ReadonlySet<Socket> {
  const unasked = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    unasked.add(socket);
    socket.once('close', () => unasked.delete(socket));
  });
  server.on('request', ({ socket }) => unasked.delete(socket));
  return unasked;
}

/** Lets answers in progress finish; to be called before the listener is attached. */
function drainable(
  server: Server,
  active: ReadonlySet<ServerResponse>,
): (graceMs: number, othersClosed: Promise<void>) => Promise<number> {
  let draining = false;
  const unasked = connectionsUnasked(server);

  const lastOnItsConnection = (response: ServerResponse) => {
    if (!response.headersSent) response.setHeader('Connection', 'close');
  };
  server.on('request', (_request, response) => {
    if (draining) lastOnItsConnection(response);
    response.once('close', () => {
      if (draining) setImmediate(() => server.closeIdleConnections());
    });
  });

  return async (graceMs, othersClosed) => {
    draining = true;
    for (const response of active) lastOnItsConnection(response);
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    for (const socket of unasked) if (socket.bytesRead === 0) socket.destroy();
    let brokenOff = 0;
    const deadline = setTimeout(() => {
      brokenOff = active.size;
      server.closeAllConnections();
    }, graceMs);
    await Promise.all([closed, othersClosed]);
    clearTimeout(deadline);
    return brokenOff;
  };
}

/** Resolves with the port; rejects with a {@link StartError}. */
export function listen(
  server: NetServer,
  { host, port }: Pick<ServeOptions, 'host' | 'port'>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => reject(startError(error, host, port));
    server.once('error', failed);
    server.listen({ host, port }, () => {
      server.off('error', failed);
      resolve(portOf(server.address(), port));
    });
  });
}

function portOf(address: AddressInfo | string | null, port: number): number {
  return typeof address === 'object' && address !== null ? address.port : port;
}

function startError(error: NodeJS.ErrnoException, host: string, port: number): StartError {
  const place = `${bracketed(host)}:${port}`;
  if (error.code === 'EADDRINUSE') {
    const message =
      `${place} is taken: another program listens there, perhaps this archive already. ` +
      `Stop it, or set another port, e.g. SANDYQ_PORT=${port + 1}.`;
    return new StartError('port-taken', message, error);
  }
  if (error.code === 'EACCES') {
    const message = `This user may not listen on port ${port}. Set one above 1023, e.g. SANDYQ_PORT=8080.`;
    return new StartError('port-forbidden', message, error);
  }
  const why = error.code ?? 'unknown error';
  const message = `The archive can not listen on ${place} (${why}). Set SANDYQ_HOST to an address of this machine.`;
  return new StartError('address-unavailable', message, error);
}

/** `http://host:port`. */
export function urlOf(host: string, port: number): string {
  return `http://${bracketed(host)}:${port}`;
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
