/** One Store request (PS3.18 §10.5): files streamed from disk as multipart/related, as a scanner sends them. */
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { DicomJson } from '@sandyq/dicom';
import { boundaryFrom, dicomJsonType, MultipartWriter, multipartLength } from '@sandyq/dicomweb';
import type { ImportFile } from './batches.ts';
import { ImportError, TryLaterError, UnreadableFileError } from './errors.ts';

const PART_TYPE = 'application/dicom';
const READ_BYTES = 256 * 1024;
/** The archive judges credential and load before it asks for the body; one that does not ask gets it all the same. */
const CONTINUE_MS = 2_000;
/** Without a sign of life for so long the connection counts as broken. */
const SILENCE_MS = 300_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Where to send, with what. */
export interface StoreTarget {
  /** `http://127.0.0.1:8080`, without a slash at its end. */
  readonly url: string;
  readonly apiKey: string | undefined;
  readonly agent: HttpAgent | HttpsAgent;
}

/** Connections that are kept between requests. */
export function createTarget(url: string, apiKey: string | undefined, connections: number): StoreTarget {
  const options = { keepAlive: true, maxSockets: connections };
  const agent = url.startsWith('https:') ? new HttpsAgent(options) : new HttpAgent(options);
  return { url, apiKey, agent };
}

/** What the archive said. */
export interface BatchAnswer {
  readonly status: number;
  /** Undefined where it answered something else than verdicts, e.g. a problem. */
  readonly verdicts: DicomJson | undefined;
  /** Instances that were there before; undefined from an archive that does not say. */
  readonly knownCount: number | undefined;
  /** Message of a problem. */
  readonly message: string;
  readonly retryAfterMs: number | undefined;
}

/** Sends the files. Throws TryLaterError for a broken connection, UnreadableFileError, ImportError when it cannot go on. */
export async function sendBatch(
  target: StoreTarget,
  files: readonly ImportFile[],
  signal: AbortSignal,
): Promise<BatchAnswer> {
  const boundary = boundaryFrom(randomBytes(16));
  const format = { type: PART_TYPE, boundary };
  const parts = files.map((file) => ({ fields: fieldsOf(file), payloadBytes: file.sizeBytes }));
  const body = multipartBody(new MultipartWriter(format), files);
  const request = openRequest(target, { format, length: multipartLength(format, parts), signal });
  try {
    const message = await exchange(request, body);
    const answer = answerOf(message, await textOf(message));
    assertMayGoOn(answer, target);
    return answer;
  } catch (error) {
    throw passing(error, signal);
  } finally {
    // An answer that came before everything was sent leaves a connection that nobody can use again.
    if (!request.writableFinished) request.destroy();
    await body.return(undefined);
  }
}

interface RequestFacts {
  readonly format: { readonly type: string; readonly boundary: string };
  readonly length: number;
  readonly signal: AbortSignal;
}

function openRequest(target: StoreTarget, { format, length, signal }: RequestFacts): ClientRequest {
  const send = target.url.startsWith('https:') ? httpsRequest : httpRequest;
  const request = send(`${target.url}/dicom-web/studies`, {
    method: 'POST',
    agent: target.agent,
    signal,
    timeout: SILENCE_MS,
    headers: {
      Accept: dicomJsonType,
      'Content-Type': new MultipartWriter(format).contentType,
      'Content-Length': length,
      Expect: '100-continue',
      ...(target.apiKey !== undefined && { Authorization: `Bearer ${target.apiKey}` }),
    },
  });
  return request.on('timeout', () => request.destroy(new Error('the archive was silent for too long')));
}

/** The archive may answer before it has taken everything: then the rest is not sent. */
async function exchange(request: ClientRequest, body: AsyncGenerator<Uint8Array>): Promise<IncomingMessage> {
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    // Stays: a request that is given up may fail once more.
    request.on('error', reject);
  });
  const asked = new Promise<undefined>((resolve) => {
    request.once('continue', () => resolve(undefined));
    setTimeout(() => resolve(undefined), CONTINUE_MS).unref();
  });
  request.flushHeaders();
  const early = await Promise.race([answered, asked]);
  if (early !== undefined) return early;
  const sent = pipeline(Readable.from(body, { objectMode: false }), request);
  const first = await Promise.race([sent, answered]);
  if (first === undefined) return answered;
  // Whatever becomes of the sending now, the answer is known.
  sent.catch(() => undefined);
  return first;
}

/** What is no fault of a file, and not the user's wish to stop, may pass. */
function passing(error: unknown, signal: AbortSignal): unknown {
  const isFinal = error instanceof UnreadableFileError || error instanceof ImportError;
  if (signal.aborted || isFinal || error instanceof TryLaterError) return error;
  return new TryLaterError(error instanceof Error ? error.message : String(error), { cause: error });
}

async function* multipartBody(
  writer: MultipartWriter,
  files: readonly ImportFile[],
): AsyncGenerator<Uint8Array> {
  for (const file of files) {
    yield writer.partHeader(fieldsOf(file));
    yield* bytesOf(file);
  }
  yield writer.closing;
}

function fieldsOf({ sizeBytes }: ImportFile) {
  return { contentType: PART_TYPE, contentLength: sizeBytes };
}

/** Exactly as many bytes as the file had when it was found. */
async function* bytesOf({ path, sizeBytes }: ImportFile): AsyncGenerator<Uint8Array> {
  if (sizeBytes === 0) return;
  let read = 0;
  try {
    for await (const chunk of createReadStream(path, { end: sizeBytes - 1, highWaterMark: READ_BYTES })) {
      const bytes = chunk as Buffer;
      read += bytes.length;
      yield bytes;
    }
  } catch (error) {
    throw new UnreadableFileError(path, error instanceof Error ? error.message : String(error), error);
  }
  if (read !== sizeBytes)
    throw new UnreadableFileError(path, 'the file has become shorter while it was read');
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of message) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes > MAX_ANSWER_BYTES) throw new Error('the answer is too long');
    }
  } catch (error) {
    throw new TryLaterError('the answer broke off', { cause: error });
  }
  return Buffer.concat(chunks).toString('utf8');
}

function answerOf({ statusCode = 0, headers }: IncomingMessage, text: string): BatchAnswer {
  const type = headers['content-type'] ?? '';
  const json = /^application\/([\w.-]+\+)?json/.test(type) ? parsed(text) : undefined;
  const known = Number(headers['sandyq-known-instances'] ?? Number.NaN);
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  const message: unknown = json === undefined ? undefined : Reflect.get(json, 'message');
  return {
    status: statusCode,
    verdicts: type.startsWith(dicomJsonType) ? (json as DicomJson | undefined) : undefined,
    knownCount: Number.isInteger(known) ? known : undefined,
    message: typeof message === 'string' ? message : `status ${statusCode}`,
    retryAfterMs: Number.isFinite(seconds) ? seconds * 1_000 : undefined,
  };
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined; // Some proxy's page: the status says enough.
  }
}

/** Answers that no repetition changes. */
function assertMayGoOn({ status, verdicts, message }: BatchAnswer, { url, apiKey }: StoreTarget): void {
  if (verdicts !== undefined) return;
  if (status === 401) {
    const hint =
      apiKey === undefined ? 'give an API key with --key or SANDYQ_API_KEY' : 'the API key is not valid';
    throw new ImportError(`The archive at ${url} does not know who is sending: ${hint}.`);
  }
  if (status === 403)
    throw new ImportError(`The archive at ${url} does not let this API key store: ${message}`);
  if (status === 404 || status === 405) throw new ImportError(`There is no archive at ${url}: ${message}`);
}
