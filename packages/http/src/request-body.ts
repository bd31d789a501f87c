/** The body of a request: how it is asked for, read, and left. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { HttpError } from './errors.ts';

/** Answers whose client waits for `100 Continue` before it sends the body (RFC 9110 §10.1.1). */
const waiting = new WeakSet<ServerResponse>();

/** Lets requests with `Expect: 100-continue` be judged (credential, admission) before their body is asked for. */
export function deferContinue(server: Server): void {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    waiting.add(response);
    server.emit('request', request, response);
  });
}

/**
 * Other expectations (RFC 9110 §10.1.1): Node would answer 417 to any, also to the empty `Expect:` that curl users send to switch the
 * header off.
 */
export function judgeExpectations(server: Server): void {
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    if ((request.headers.expect ?? '').trim() !== '') unexpected.add(request);
    server.emit('request', request, response);
  });
}

/** Requests that expect something nobody knows. */
const unexpected = new WeakSet<IncomingMessage>();

/** Throws `expectation-failed` for a request that expects anything but `100-continue`. */
export function assertExpectation(request: IncomingMessage): void {
  if (!unexpected.has(request)) return;
  throw new HttpError('expectation-failed', 'The archive knows no expectation but 100-continue.');
}

/**
 * The body, read once. Whoever stops reading early (a fault in the third of ten parts) leaves the connection whole, so that the answer
 * can still be sent; Node's own iterator would destroy it.
 */
export function bodyOf(request: IncomingMessage, response: ServerResponse): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      if (waiting.delete(response)) response.writeContinue();
      return request.iterator({ destroyOnReturn: false });
    },
  };
}

/** How much of an unread body is read and thrown away, so that its sender gets to see the answer. */
const LINGER_BYTES = 64 * 2 ** 20;
const LINGER_MS = 10_000;

/**
 * Ends an answer whose head is set with these bytes. Most clients read no answer before they have sent their whole request, and a
 * closed connection would take the answer from them; so the rest of the body is taken in and dropped, within bounds, before the end.
 */
export async function endAfterBody(
  request: IncomingMessage,
  response: ServerResponse,
  pieces: readonly Uint8Array[],
): Promise<void> {
  // With its head they are one write to the connection.
  response.cork();
  for (const piece of pieces) if (piece.length > 0) response.write(piece);
  if (waiting.delete(response) || !hasBody(request) || request.complete || request.destroyed) {
    response.end();
    return;
  }
  response.flushHeaders();
  response.uncork();
  const whole = await dropped(request);
  response.end();
  if (!whole) request.socket.destroySoon();
}

/** Whether the request announces a body (RFC 9112 §6). */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function dropped(request: IncomingMessage): Promise<boolean> {
  return new Promise((resolve) => {
    let bytes = 0;
    const timer = setTimeout(() => finish(false), LINGER_MS);
    const count = (chunk: Uint8Array) => {
      bytes += chunk.length;
      if (bytes > LINGER_BYTES) finish(false);
    };
    const end = () => finish(true);
    const finish = (whole: boolean) => {
      clearTimeout(timer);
      request.off('data', count).off('end', end).off('close', end);
      request.pause();
      resolve(whole);
    };
    request.on('data', count).on('end', end).on('close', end);
    request.resume();
  });
}
