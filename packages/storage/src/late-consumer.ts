// A stream that is handed out may fail before anybody listens to it.
import type { Readable } from 'node:stream';

/**
 * Keeps an error that comes before the stream has a consumer from ending the process: the consumer still meets it,
 * since a destroyed stream tells its error to whoever reads it. Returns the stream.
 */
export function awaitingConsumer<T extends Readable>(stream: T): T {
  return stream.on('error', () => undefined);
}
