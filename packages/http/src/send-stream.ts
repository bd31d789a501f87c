/** Sends a stream: with back-pressure, never a short success, and the source is ended when the client leaves. */
import type { ServerResponse } from 'node:http';
import { type AnswerHeaders, abandon } from './answer.ts';
import { ChunkWriter } from './chunk-writer.ts';
import { HttpError } from './errors.ts';

/** How sending ended. */
export interface SendOutcome {
  readonly outcome: 'complete' | 'client-left' | 'source-failed';
  /** Bytes of the body handed to the connection. */
  readonly sentBytes: number;
  /** Why the source failed. */
  readonly error?: unknown;
}

/** Status and headers of a streamed answer. */
export interface StreamHead {
  readonly status: number;
  readonly headers: AnswerHeaders;
}

/**
 * Sends the source as the body. The head leaves with the first chunk, so a source that fails at once rejects here and can still be
 * answered with an error. A source that fails later, or is not as long as `Content-Length` says, breaks the connection.
 */
export async function sendStream(
  response: ServerResponse,
  source: AsyncIterable<Uint8Array>,
  { status, headers }: StreamHead,
): Promise<SendOutcome> {
  const client = { left: false };
  const left = () => {
    client.left = true;
    abandon(source);
  };
  response.once('close', left);
  try {
    const iterator = source[Symbol.asyncIterator]();
    const first = await iterator.next();
    if (response.destroyed) {
      left();
      return { outcome: 'client-left', sentBytes: 0 };
    }
    writeHead(response, status, headers);
    const sent = await sendChunks(response, { first, iterator, client }, declaredLength(headers));
    if (sent.outcome !== 'complete') abandon(source);
    return sent;
  } finally {
    response.off('close', left);
  }
}

/** Sets headers one by one, so that those set before stay; `Vary` is united. */
export function writeHead(response: ServerResponse, status: number, headers: AnswerHeaders): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) {
    if (name.toLowerCase() === 'vary') addVary(response, value);
    else response.setHeader(name, value);
  }
}

/** Adds names of request headers to `Vary`, each once. */
export function addVary(response: ServerResponse, value: AnswerHeaders[string]): void {
  const names = [response.getHeader('vary'), value].flat().filter((word) => word !== undefined);
  response.setHeader(
    'Vary',
    [
      ...new Set(
        names
          .join(',')
          .split(',')
          .map((name) => name.trim()),
      ),
    ].join(', '),
  );
}

function declaredLength(headers: AnswerHeaders): number | undefined {
  const name = Object.keys(headers).find((key) => key.toLowerCase() === 'content-length');
  return name === undefined ? undefined : Number(headers[name]);
}

interface Transfer {
  readonly first: IteratorResult<Uint8Array>;
  readonly iterator: AsyncIterator<Uint8Array>;
  /** A source that fails because it was ended when the client left has not failed of itself. */
  readonly client: { readonly left: boolean };
}

async function sendChunks(
  response: ServerResponse,
  { first, iterator, client }: Transfer,
  length: number | undefined,
): Promise<SendOutcome> {
  const connection = new ChunkWriter(response);
  let sentBytes = 0;
  try {
    for (let next = first; next.done !== true; next = await connection.next(iterator.next())) {
      if (length !== undefined && sentBytes + next.value.length > length) throw wrongLength(length);
      sentBytes += next.value.length;
      await connection.write(next.value);
    }
    if (length !== undefined && sentBytes !== length) throw wrongLength(length);
    await connection.end();
    return { outcome: 'complete', sentBytes };
  } catch (error) {
    if (client.left || connection.isClosed) return { outcome: 'client-left', sentBytes, error };
    // A reset, so that a body that ends with its connection (HTTP/1.0) is not taken for whole.
    response.socket?.resetAndDestroy();
    return { outcome: 'source-failed', sentBytes, error };
  }
}

/** The source is longer or shorter than the handler said. */
function wrongLength(length: number): HttpError {
  return new HttpError('internal', `The body is not as long as its Content-Length, ${length} bytes.`);
}
