// A proxy before an S3 server that does to a request what a bad network, a bad balancer or a bad server would do.
// The Host header passes as it came, so the server's signature check holds.
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

/** What a fault can look at. */
export interface ProxiedRequest {
  readonly method: string;
  /** Path with query. */
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
}

/** What happens to a request. */
export type ProxyFault =
  /** It reaches the server, and the answer the client. */
  | { readonly kind: 'pass' }
  /** As pass, but these headers of the answer (or of the request) are set, or removed where undefined. */
  | { readonly kind: 'headers'; readonly answer?: HeaderChanges; readonly request?: HeaderChanges }
  /** The server never sees it; the client is answered this. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body?: string | Buffer;
      readonly headers?: http.OutgoingHttpHeaders;
    }
  /** The server does it; the client is answered this. */
  | { readonly kind: 'answer-after'; readonly status: number; readonly body?: string }
  /** The connection breaks before the server has seen anything. */
  | { readonly kind: 'break-before' }
  /** The server does it, then the connection breaks without an answer. */
  | { readonly kind: 'break-after' }
  /** The client's body is cut after so many bytes, both connections break. */
  | { readonly kind: 'break-body'; readonly afterBytes: number }
  /** The answer breaks after so many bytes of its body. */
  | { readonly kind: 'break-answer'; readonly afterBytes: number }
  /** As break-answer, but the connection stays open and nothing more comes. */
  | { readonly kind: 'stall-answer'; readonly afterBytes: number }
  /** Nobody ever answers. */
  | { readonly kind: 'stall' };

/** Headers to set, or to remove where undefined. */
export type HeaderChanges = Readonly<Record<string, string | undefined>>;

/** A running proxy. */
export interface FaultyProxy {
  readonly endpoint: string;
  /** Requests seen, as `METHOD /path?query`. */
  readonly seen: string[];
  /** Highest number of connections open at the same time. */
  readonly mostConnections: () => number;
  /** Decides what happens to each request from now on; default: pass. */
  setFault(fault: (request: ProxiedRequest) => ProxyFault): void;
  close(): Promise<void>;
}

/** Starts a proxy on a free port of 127.0.0.1 before `upstream` (`http://host:port`). */
export async function startFaultyProxy(upstream: string): Promise<FaultyProxy> {
  const target = new URL(upstream);
  const agent = new http.Agent({ keepAlive: true });
  const seen: string[] = [];
  let fault: (request: ProxiedRequest) => ProxyFault = () => ({ kind: 'pass' });
  let [open, most] = [0, 0];
  const server = http.createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    seen.push(`${method} ${url}`);
    handle(fault({ method, url, headers }), request, response, { target, agent });
  });
  server.on('connection', (socket) => {
    open += 1;
    most = Math.max(most, open);
    socket.once('close', () => {
      open -= 1;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    mostConnections: () => most,
    setFault: (next) => {
      fault = next;
    },
    close: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Upstream {
  readonly target: URL;
  readonly agent: http.Agent;
}

function handle(
  fault: ProxyFault,
  request: http.IncomingMessage,
  response: http.ServerResponse,
  upstream: Upstream,
): void {
  switch (fault.kind) {
    case 'answer':
      request.resume();
      request.once('end', () => response.writeHead(fault.status, fault.headers).end(fault.body ?? ''));
      return;
    case 'break-before':
      request.socket.destroy();
      return;
    case 'stall':
      request.resume();
      return;
    case 'break-body':
      forward(request, response, upstream, fault);
      breakAfter(request, fault.afterBytes, () => request.socket.destroy());
      return;
    case 'pass':
    case 'headers':
    case 'answer-after':
    case 'break-after':
    case 'break-answer':
    case 'stall-answer':
      forward(request, response, upstream, fault);
      return;
    default:
      fault satisfies never;
  }
}

function forward(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  { target, agent }: Upstream,
  fault: ProxyFault,
): void {
  const changes = fault.kind === 'headers' ? fault.request : undefined;
  const sent = http.request({
    agent,
    host: target.hostname,
    port: target.port,
    method: request.method,
    path: request.url,
    headers: changed(request.headers, changes),
  });
  sent.once('error', () => request.socket.destroy());
  sent.once('response', (answer) => reply(answer, response, fault));
  pipeline(request, sent, (error) => {
    if (error) sent.destroy();
  });
}

function reply(answer: http.IncomingMessage, response: http.ServerResponse, fault: ProxyFault): void {
  if (response.destroyed) {
    answer.destroy();
    return;
  }
  if (fault.kind === 'break-after' || fault.kind === 'answer-after') {
    answer.resume();
    answer.once('end', () => {
      if (fault.kind === 'break-after') response.socket?.destroy();
      else response.writeHead(fault.status).end(fault.body ?? '');
    });
    return;
  }
  const changes = fault.kind === 'headers' ? fault.answer : undefined;
  response.writeHead(answer.statusCode ?? 500, changed(answer.headers, changes));
  if (fault.kind === 'break-answer') breakAfter(answer, fault.afterBytes, () => response.socket?.destroy());
  if (fault.kind === 'stall-answer') {
    passBytes(answer, response, fault.afterBytes);
    return;
  }
  pipeline(answer, response, () => undefined);
}

function changed(
  headers: http.IncomingHttpHeaders,
  changes: HeaderChanges | undefined,
): http.OutgoingHttpHeaders {
  const all = Object.entries({ ...headers, ...changes });
  return Object.fromEntries(all.filter(([, value]) => value !== undefined));
}

function breakAfter(stream: http.IncomingMessage, bytes: number, cut: () => void): void {
  let seen = 0;
  stream.on('data', (chunk: Buffer) => {
    seen += chunk.length;
    if (seen >= bytes) cut();
  });
}

function passBytes(from: http.IncomingMessage, to: http.ServerResponse, bytes: number): void {
  let left = bytes;
  from.on('data', (chunk: Buffer) => {
    if (left > 0) to.write(chunk.subarray(0, left));
    left -= chunk.length;
  });
}
