// GET of an object or of a range: the answer is checked to be the range, every byte is counted, a connection that
// stalls or breaks is an error of ours.
import type { IncomingMessage } from 'node:http';
import { Readable, Transform, type TransformCallback } from 'node:stream';
import { abortedError } from '../abort.ts';
import { StorageError } from '../errors.ts';
import { awaitingConsumer } from '../late-consumer.ts';
import type { ByteRange } from '../object-store.ts';
import type { S3Connection } from './s3-connection.ts';
import { statObject } from './stat-object.ts';

/** Stream of exactly the wanted bytes. Errors before the first byte: `not-found`, `short-read`, `unavailable` … */
export async function readObject(
  connection: S3Connection,
  objectName: string,
  range: ByteRange | undefined,
  signal: AbortSignal | undefined,
): Promise<Readable> {
  const what = `read ${objectName}`;
  if (range?.length === 0) return readNothing(connection, objectName, range, signal);
  const request = {
    method: 'GET',
    bucketName: connection.bucket,
    objectName,
    headers: range === undefined ? {} : { range: `bytes=${range.offset}-${range.offset + range.length - 1}` },
  };
  // The signal of the request ends when the answer begins: from then on the body has it.
  const response = await connection.call({ what, signal, pool: 'read' }, (client) =>
    client.makeRequestAsync(request, '', [200, 206]),
  );
  try {
    const length = answeredLength(what, response, range);
    const { idleTimeoutMs } = connection;
    return awaitingConsumer(new ObjectBody({ what, response, length, idleTimeoutMs, signal }));
  } catch (error) {
    response.destroy();
    throw error;
  }
}

/** HTTP has no range of no bytes. */
async function readNothing(
  connection: S3Connection,
  objectName: string,
  range: ByteRange,
  signal: AbortSignal | undefined,
): Promise<Readable> {
  const found = await statObject(connection, objectName, signal);
  if (found === undefined) throw new StorageError('not-found', `no object ${objectName}`);
  if (range.offset > found.size) {
    throw new StorageError(
      'short-read',
      `${objectName} has ${found.size} bytes, wanted is a range from ${range.offset}`,
    );
  }
  return Readable.from([], { objectMode: false });
}

/** The length of the body, in bytes; throws unless the answer is what was asked for. */
function answeredLength(what: string, response: IncomingMessage, range: ByteRange | undefined): number {
  const length = Number(response.headers['content-length'] ?? Number.NaN);
  if (!Number.isSafeInteger(length))
    throw new StorageError('bad-answer', `${what}: the store tells no length`);
  if (range === undefined) return length;
  const first = response.statusCode === 206 ? firstByte(response.headers['content-range']) : 0;
  if (first === range.offset && length === range.length) return length;
  if (first === range.offset && response.statusCode === 206 && length < range.length) {
    throw new StorageError(
      'short-read',
      `${what}: wanted ${range.length} bytes from ${range.offset}, has ${length}`,
    );
  }
  const got = `HTTP ${response.statusCode} with ${length} bytes from ${first}`;
  throw new StorageError(
    'bad-answer',
    `${what}: wanted ${range.length} bytes from ${range.offset}, got ${got}`,
  );
}

function firstByte(contentRange: string | undefined): number {
  return Number(/^bytes (\d+)-/.exec(contentRange ?? '')?.[1] ?? Number.NaN);
}

/** Bytes that may lie between the connection and a slow consumer. */
const readAheadBytes = 512 * 1024;

interface ObjectBodyOptions {
  readonly what: string;
  readonly response: IncomingMessage;
  readonly length: number;
  readonly idleTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** The body of an answer. A consumer that is slow may be so as long as it likes; a server may not. */
class ObjectBody extends Transform {
  readonly #options: ObjectBodyOptions;
  readonly #onAbort: () => void;
  readonly #watch: NodeJS.Timeout;
  #received = 0;

  constructor(options: ObjectBodyOptions) {
    super({ highWaterMark: readAheadBytes });
    this.#options = options;
    const { response, what, signal, idleTimeoutMs } = options;
    this.#watch = setTimeout(() => this.#stalled(), idleTimeoutMs).unref();
    this.#onAbort = () => signal && this.destroy(abortedError(signal, what));
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    // From here on the socket's own timeout would also count the time that a slow consumer takes.
    response.socket.setTimeout(0);
    response.on('error', (error) => this.destroy(broken(what, error)));
    response.once('close', () => {
      if (!response.complete) this.destroy(broken(what, undefined));
    });
    response.pipe(this);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#received += chunk.length;
    this.#watch.refresh();
    done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    const { what, length } = this.#options;
    const complete = this.#received === length;
    done(
      complete ? null : new StorageError('unavailable', `${what}: ${this.#received} bytes came of ${length}`),
    );
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearTimeout(this.#watch);
    const { response, signal } = this.#options;
    signal?.removeEventListener('abort', this.#onAbort);
    if (!response.complete || response.readableLength > 0) response.destroy();
    callback(error);
  }

  #stalled(): void {
    if (this.writableNeedDrain || this.readableLength > 0) this.#watch.refresh();
    else this.destroy(broken(this.#options.what, 'nothing moved'));
  }
}

function broken(what: string, cause: unknown): StorageError {
  return new StorageError('unavailable', `${what}: the connection broke in the middle`, { cause });
}
