/** Writes the chunks of a body one after the other, no faster than the client takes them. */
import type { ServerResponse } from 'node:http';
import { LARGE_CHUNK_BYTES } from './answer.ts';
import { HttpError } from './errors.ts';

/** The body of one answer. */
export class ChunkWriter {
  readonly #response: ServerResponse;
  /** Rejects what is waited for when the connection closes. */
  #giveUp: ((error: HttpError) => void) | undefined;
  /** The connection was closed before the end of the body. */
  isClosed = false;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.once('close', () => {
      this.isClosed ||= !response.writableFinished;
      this.#giveUp?.(closed());
    });
    // That the connection broke is told by 'close'.
    response.on('error', () => undefined);
  }

  /** Resolves when the next chunk may come: after a large one when it has left the process. Rejects when the connection is closed. */
  async write(chunk: Uint8Array): Promise<void> {
    const response = this.#response;
    if (chunk.length >= LARGE_CHUNK_BYTES) {
      await this.#until((done) => response.write(chunk, done));
    } else if (chunk.length > 0 && !response.write(chunk)) {
      await this.#until((done) => response.once('drain', done));
    }
  }

  /** Resolves when the whole body has left the process. Rejects when the connection is closed. */
  end(): Promise<void> {
    return this.#until((done) => this.#response.end(done));
  }

  /** What the source promises. Rejects when the connection is closed before. */
  next<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.isClosed) {
        reject(closed());
        return;
      }
      this.#giveUp = reject;
      promise.then(resolve, reject);
    });
  }

  #until(begin: (done: (error?: Error | null) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.isClosed || this.#response.destroyed) {
        reject(closed());
        return;
      }
      this.#giveUp = reject;
      begin((error) => {
        if (!error) {
          resolve();
          return;
        }
        // A moment before 'close': a reset now would keep 'close' from ever coming.
        this.isClosed = true;
        reject(error);
      });
    });
  }
}

function closed(): HttpError {
  return new HttpError('internal', 'The connection was closed before the end of the body.');
}
