/** For tests of this package: an app on a free port, with everything around it recorded. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { memoryAudit } from '@sandyq/audit';
import { type Authenticate, authenticateSingleUser, type Principal } from '@sandyq/auth';
import { createMetrics, recordingLogger } from '@sandyq/telemetry';
import { type AppOptions, createApp } from '../app.ts';
import type { GuardedRoute, Route } from '../route.ts';
import { serve } from '../serve.ts';

/** Starts an app in single-user mode unless told otherwise; `close` is to be called at the end of the test. */
export async function startApp(routes: readonly Route[], options: Partial<AppOptions> = {}) {
  const { logger, lines } = recordingLogger();
  const audit = memoryAudit();
  const metrics = createMetrics();
  const settings = { authMode: 'single-user', corsOrigins: [], trustedProxies: 0 } as const;
  const app = createApp({
    routes,
    authenticate: authenticateSingleUser,
    audit,
    logger,
    metrics,
    settings,
    ...options,
  });
  const server = await serve(app, { host: '127.0.0.1', port: 0, maxConnections: 100, metrics });
  return {
    ...server,
    lines,
    audit,
    metrics,
    get: (path: string, init?: RequestInit) => fetch(server.url + path, init),
  };
}

/** Settings of an app that wants credentials. */
export const KEYS = { authMode: 'keys', corsOrigins: [], trustedProxies: 0 } as const;

/** Takes `Bearer {name}` for the principal of that name. */
export function authenticateAs(principals: Readonly<Record<string, Principal>>): Authenticate {
  return (authorization) => {
    const principal = principals[authorization?.replace(/^Bearer /, '') ?? ''];
    const failure = authorization === undefined ? 'no-credential' : 'unknown-key';
    return Promise.resolve(principal === undefined ? { principal, failure } : { principal });
  };
}

/** A route that retrieves, to be changed by the test. */
export function route(handler: GuardedRoute['handler'], more: Partial<GuardedRoute> = {}): GuardedRoute {
  return { method: 'GET', path: '/studies/:study', action: 'retrieve', patientData: true, handler, ...more };
}

/** An answer as raw bytes, with how it ended. */
export interface RawAnswer {
  readonly text: string;
  /** `end`: orderly. Else the code of the error, e.g. ECONNRESET. */
  readonly ended: string;
}

/** Writes bytes to the port and reads until the connection ends. */
export function exchangeRaw(port: number, bytes: string): Promise<RawAnswer> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => void socket.write(bytes));
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => (text += String(chunk)));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve({ text, ended: error.code ?? 'error' }));
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve({ text, ended: 'end' }));
  });
}

/** A request whose Host header, which fetch forbids to set, is given. */
export function requestAs(
  url: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<{ status: number; headers: IncomingHttpHeaders; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { headers, method }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk) => (text += String(chunk)));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    sent.on('error', reject);
    sent.end();
  });
}
