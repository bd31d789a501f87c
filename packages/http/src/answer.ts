/** What a handler gives back: an answer as data. The app writes it, so that audit, HEAD, aborts and errors are handled in one place. */

/** Header names (any case) and values; several values make several header lines. */
export type AnswerHeaders = Readonly<Record<string, string | number | readonly string[]>>;

/**
 * An answer. Text and bytes are sent with their length. A stream is sent as it comes, with back-pressure; give `Content-Length` if it
 * is known: a stream that ends before or after it is an error and a broken transfer, never a short success.
 * A stream must end or fail when `context.signal` aborts.
 */
export interface Answer {
  readonly status: number;
  readonly headers?: AnswerHeaders;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
}

/** An answer in JSON. */
export function jsonAnswer(status: number, value: unknown, headers: AnswerHeaders = {}): Answer {
  return { status, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

/** Gives up an answer that will not be sent: ends its stream, if it has one. */
export function discardAnswer({ body }: Answer): void {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) return;
  abandon(body);
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
