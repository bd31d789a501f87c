/**
 * The reverse proxy in front of a split archive, for tests: routes as deploy/nginx.conf does. Storage Commitment to
 * retrieval, other POST below /dicom-web to ingest, searches and everything else to index, what is below a study and /originals to retrieval; round robin.
 */
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

/** Addresses (`http://host:port`) of the processes of each service; none may be empty. */
export interface Upstreams {
  readonly ingest: readonly string[];
  readonly index: readonly string[];
  readonly retrieval: readonly string[];
}

/** A proxy that listens. */
export interface ReverseProxy {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

const SEARCH = [
  /^\/dicom-web\/(studies|series|instances)$/,
  /^\/dicom-web\/studies\/[^/]+\/(series|instances)$/,
  /^\/dicom-web\/studies\/[^/]+\/series\/[^/]+\/instances$/,
];
const RETRIEVE = [/^\/dicom-web\/studies\/./, /^\/originals\//, /^\/wado$/];

/** The service that answers a request. */
export function serviceFor(method: string, path: string): keyof Upstreams {
  if (path.startsWith('/dicom-web/commitment-requests/')) return 'retrieval';
  if (method === 'POST' && path.startsWith('/dicom-web/')) return 'ingest';
  if (SEARCH.some((form) => form.test(path))) return 'index';
  return RETRIEVE.some((form) => form.test(path)) ? 'retrieval' : 'index';
}

/** Starts the proxy on a free port of 127.0.0.1. */
export async function startReverseProxy(upstreams: Upstreams): Promise<ReverseProxy> {
  const agent = new Agent({ keepAlive: true, maxSockets: 200 });
  const turns = { ingest: 0, index: 0, retrieval: 0 };
  const server = createServer((incoming, outgoing) => {
    const service = serviceFor(incoming.method ?? '', new URL(incoming.url ?? '/', 'http://proxy').pathname);
    const targets = upstreams[service];
    const target = targets[turns[service]++ % targets.length] ?? '';
    forward(incoming, outgoing, target, agent).catch(() => outgoing.destroy());
  });
  server.requestTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Headers as they came, Host included: links in answers begin with it. */
async function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  target: string,
  agent: Agent,
): Promise<void> {
  const { promise: answered, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const upstream = request(new URL(incoming.url ?? '/', target), {
    agent,
    method: incoming.method,
    headers: incoming.headers,
  });
  upstream.once('response', resolve).once('error', reject);
  outgoing.once('close', () => upstream.destroy());
  // An answer may come before the request was sent to its end: a refusal.
  pipeline(incoming, upstream).catch(reject);
  const answer = await answered;
  outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
  await pipeline(answer, outgoing);
}
