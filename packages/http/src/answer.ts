/** What a handler gives back: an answer as data. The app writes it, so that audit, HEAD, aborts and errors are handled in one place. */

/** Header names (any case) and values; several values make several header lines. */
export type AnswerHeaders = Readonly<Record<string, string | number | readonly string[]>>;

/**
 * An answer. Text, bytes, and bytes in pieces (a list) are sent with their length. A stream is sent as it comes, with back-pressure; give `Content-Length` if it
 * is known: a stream that ends before or after it is an error and a broken transfer, never a short success.
 * A stream must end or fail when `context.signal` aborts. It is asked for more only when a chunk of {@link LARGE_CHUNK_BYTES} or more
 * has left the process: then its memory may be used again.
 */
export interface Answer {
  readonly status: number;
  readonly headers?: AnswerHeaders;
  readonly body?: string | Uint8Array | readonly Uint8Array[] | AsyncIterable<Uint8Array>;
  /**
   * Called when all bytes of a body that is no stream have left the process: then their memory may be used again. Not called if they
   * are not sent, or not all of them.
   */
  readonly onSent?: () => void;
}

/** See {@link Answer}. */
export const LARGE_CHUNK_BYTES = 16 * 1024;

/** An answer in JSON. */
export function jsonAnswer(status: number, value: unknown, headers: AnswerHeaders = {}): Answer {
  return { status, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

/** Gives up an answer that will not be sent: ends its stream, if it has one. */
export function discardAnswer({ body }: Answer): void {
  if (body !== undefined && isStream(body)) abandon(body);
}

/** Whether the body is still to be made; else all of it is there. */
export function isStream(body: NonNullable<Answer['body']>): body is AsyncIterable<Uint8Array> {
  return typeof body !== 'string' && Symbol.asyncIterator in body;
}

/** Ends a source that nobody reads any more: a Readable is destroyed, a generator is told to return. */
export function abandon(source: AsyncIterable<Uint8Array>): void {
  const destroy: unknown = Reflect.get(source, 'destroy');
  if (typeof destroy === 'function') Reflect.apply(destroy, source, []);
  else void Promise.resolve(source[Symbol.asyncIterator]().return?.()).catch(ignoreLateFailure);
}

/** The answer is already decided: a failure while the source closes can't change it. */
function ignoreLateFailure(): undefined {
  return undefined;
}
