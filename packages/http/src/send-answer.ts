/** Writes an answer to the connection. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, abandon, isStream } from './answer.ts';
import { inContentCoding } from './content-coding.ts';
import { endAfterBody } from './request-body.ts';
import { type SendOutcome, sendStream, writeHead } from './send-stream.ts';

/** Sends an answer; for HEAD its head only. Rejects if nothing was sent yet, so that the failure can be answered. */
export async function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  given: Answer,
): Promise<SendOutcome> {
  const { status, headers = {}, body = '', onSent } = await inContentCoding(request, given);
  const bodyless = request.method === 'HEAD' || status === 204 || status === 304;
  if (!isStream(body)) {
    const pieces = piecesOf(body);
    writeHead(response, status, headers);
    if (status !== 204 && status !== 304) response.setHeader('Content-Length', lengthOf(pieces));
    if (onSent !== undefined) response.once('finish', onSent);
    return sendBytes(request, response, bodyless ? [] : pieces);
  }
  if (bodyless) {
    abandon(body);
    writeHead(response, status, headers);
    return sendBytes(request, response, []);
  }
  return sendStream(response, body, { status, headers });
}

function piecesOf(body: string | Uint8Array | readonly Uint8Array[]): readonly Uint8Array[] {
  if (typeof body === 'string') return [Buffer.from(body)];
  return body instanceof Uint8Array ? [body] : body;
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

async function sendBytes(
  request: IncomingMessage,
  response: ServerResponse,
  pieces: readonly Uint8Array[],
): Promise<SendOutcome> {
  if (response.destroyed) return { outcome: 'client-left', sentBytes: 0 };
  await endAfterBody(request, response, pieces);
  return { outcome: 'complete', sentBytes: lengthOf(pieces) };
}
