/** Writes an answer to the connection. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, abandon } from './answer.ts';
import { inContentCoding } from './content-coding.ts';
import { endAfterBody } from './request-body.ts';
import { type SendOutcome, sendStream, writeHead } from './send-stream.ts';

/** Sends an answer; for HEAD its head only. Rejects if nothing was sent yet, so that the failure can be answered. */
export async function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  given: Answer,
): Promise<SendOutcome> {
  const { status, headers = {}, body = '' } = await inContentCoding(request, given);
  const bodyless = request.method === 'HEAD' || status === 204 || status === 304;
  if (typeof body === 'string' || body instanceof Uint8Array) {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    writeHead(response, status, headers);
    if (status !== 204 && status !== 304) response.setHeader('Content-Length', bytes.length);
    return sendBytes(request, response, bodyless ? EMPTY : bytes);
  }
  if (bodyless) {
    abandon(body);
    writeHead(response, status, headers);
    return sendBytes(request, response, EMPTY);
  }
  return sendStream(response, body, { status, headers });
}

const EMPTY = new Uint8Array(0);

async function sendBytes(
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Uint8Array,
): Promise<SendOutcome> {
  if (response.destroyed) return { outcome: 'client-left', sentBytes: 0 };
  await endAfterBody(request, response, bytes);
  return { outcome: 'complete', sentBytes: bytes.length };
}
