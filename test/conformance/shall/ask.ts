/** One HTTP request as written, with no header that was not asked for, and its whole answer with no decoding. */
import { type Agent, type IncomingHttpHeaders, request } from 'node:http';
import { decodeMultipart, type MultipartPart } from '../../support/multipart.ts';

/** What to send beside the path. */
export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/** An answer. */
export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Content-Type without parameters, lower case; empty if there is none. */
  readonly mediaType: string;
  readonly text: () => string;
  /** The payload as JSON; what it is is for the check to say. */
  readonly json: () => unknown;
  /** Parts of a multipart/related payload; throws for any other. */
  readonly parts: () => MultipartPart[];
}

const TIMEOUT_MS = 20_000;

/** Asks under a URL. Rejects where there is no answer within 20 s. */
export function ask(agent: Agent, url: string, options: AskOptions = {}): Promise<Answered> {
  const { method = 'GET', headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method, headers, timeout: TIMEOUT_MS }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve(answered(answer.statusCode ?? 0, answer.headers, Buffer.concat(chunks))),
      );
    });
    sent.on('timeout', () => sent.destroy(new Error(`${method} ${url} was not answered in time`)));
    sent.on('error', reject);
    sent.end(body);
  });
}

function answered(status: number, headers: IncomingHttpHeaders, body: Buffer): Answered {
  const contentType = headers['content-type'] ?? '';
  return {
    status,
    headers,
    body,
    mediaType: contentType.split(';')[0]?.trim().toLowerCase() ?? '',
    text: () => body.toString('utf8'),
    json: () => JSON.parse(body.toString('utf8')) as unknown,
    parts: () => decodeMultipart(contentType, body),
  };
}
