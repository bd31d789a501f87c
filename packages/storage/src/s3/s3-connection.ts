// Requests to one bucket through the minio client, with what the client lacks: a timeout, an AbortSignal, bounded
// connections, no hidden retry, and errors of ours. The client signs and parses; every request goes through here.
import * as http from 'node:http';
import * as https from 'node:https';
import type { Client } from 'minio';
import { throwIfAborted } from '../abort.ts';
import { StorageError } from '../errors.ts';
import { s3Error } from './s3-error.ts';

/** Where and as whom. */
export interface S3ConnectionOptions {
  /** `http://host:port` or `https://host:port`, without a path. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** `https://host/bucket/key` (true, the default) or `https://bucket.host/key`. */
  readonly pathStyle?: boolean;
  /** Certificate authority of the endpoint, PEM, where the system does not know it. */
  readonly certificateAuthority?: string;
  /** Connections for reading, and as many again for everything else; default 32. */
  readonly connections?: number;
  /** A connection on which nothing moves for so long is given up; default 60 000 ms. */
  readonly idleTimeoutMs?: number;
}

/** One request. */
export interface S3Call {
  /** What it is for, in error messages: `put v1/00/…`. */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
  /** Readers have connections of their own, so that slow readers never keep a put waiting. */
  readonly pool?: 'read' | 'other';
  /** Default: the connection's. */
  readonly idleTimeoutMs?: number;
}

/** Default of {@link S3ConnectionOptions.connections}. */
const defaultConnections = 32;
/** Default of {@link S3ConnectionOptions.idleTimeoutMs}. */
const defaultIdleTimeoutMs = 60_000;
/** How long an idle connection is kept for the next request; servers drop theirs after about a minute. */
const keptIdleMs = 15_000;

/** Statuses for which the client throws without reading the answer, which would block the connection. */
const unreadStatuses: ReadonlySet<number> = new Set([408, 429, 499, 500, 502, 503, 504, 520]);

/** A bucket of an S3 server. */
export class S3Connection {
  readonly bucket: string;
  readonly idleTimeoutMs: number;
  readonly #options: S3ConnectionOptions;
  readonly #url: URL;
  readonly #agents: { readonly read: http.Agent; readonly other: http.Agent };

  constructor(options: S3ConnectionOptions) {
    this.#options = options;
    this.#url = parseEndpoint(options.endpoint);
    this.bucket = options.bucket;
    this.idleTimeoutMs = options.idleTimeoutMs ?? defaultIdleTimeoutMs;
    this.#agents = { read: this.#newAgent(), other: this.#newAgent() };
  }

  /** Runs one request with a client of its own; whatever goes wrong is a `StorageError`. */
  async call<T>(call: S3Call, run: (client: Client) => Promise<T>): Promise<T> {
    throwIfAborted(call.signal, call.what);
    let status: number | undefined;
    const client = await this.#newClient(call, (answered) => {
      status = answered;
    });
    try {
      return await run(client);
    } catch (error) {
      throw s3Error(error, { what: call.what, status, signal: call.signal });
    }
  }

  /**
   * Clients are cheap (no I/O); one a call is how the call's signal and timeout reach its request. Their module is not: it is loaded
   * where there is a bucket.
   */
  async #newClient(call: S3Call, onStatus: (status: number | undefined) => void): Promise<Client> {
    const { Client } = await import('minio');
    const { region, accessKey, secretKey, pathStyle = true } = this.#options;
    const client = new Client({
      endPoint: this.#url.hostname,
      ...(this.#url.port === '' ? {} : { port: Number(this.#url.port) }),
      useSSL: this.#secure,
      region,
      accessKey,
      secretKey,
      pathStyle,
      transport: { request: this.#transport(call, onStatus) },
      transportAgent: this.#agents[call.pool ?? 'other'],
      retryOptions: { disableRetry: true },
    });
    // Content-MD5, which is signed, vouches for the payload; a SHA-256 would need one more pass over it.
    client.enableSHA256 = false;
    return client;
  }

  #transport(call: S3Call, onStatus: (status: number | undefined) => void): typeof http.request {
    const timeout = call.idleTimeoutMs ?? this.idleTimeoutMs;
    const send = (options: https.RequestOptions, onResponse?: (response: http.IncomingMessage) => void) => {
      const { request } = this.#secure ? https : http;
      const sent = request(
        { ...options, ...(call.signal && { signal: call.signal }), timeout },
        (response) => {
          onStatus(response.statusCode);
          onResponse?.(response);
          if (response.statusCode !== undefined && unreadStatuses.has(response.statusCode)) response.resume();
        },
      );
      sent.once('timeout', () => {
        sent.destroy(Object.assign(new Error(`nothing moved for ${timeout} ms`), { code: 'ETIMEDOUT' }));
      });
      return sent;
    };
    return send as typeof http.request;
  }

  #newAgent(): http.Agent {
    const connections = this.#options.connections ?? defaultConnections;
    const agent = {
      keepAlive: true,
      maxSockets: connections,
      maxFreeSockets: connections,
      timeout: keptIdleMs,
    };
    if (!this.#secure) return new http.Agent(agent);
    const ca = this.#options.certificateAuthority;
    return new https.Agent(ca === undefined ? agent : { ...agent, ca });
  }

  get #secure(): boolean {
    return this.#url.protocol === 'https:';
  }
}

function parseEndpoint(endpoint: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const plain = url !== undefined && url.pathname === '/' && url.search === '' && url.username === '';
  if (plain && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw new StorageError(
    'invalid-argument',
    'the S3 endpoint has to be http://host:port or https://host:port',
  );
}
