// A range of an open file as a stream. Reads ahead one chunk at most, delivers exactly the range or an error, and
// closes the file whatever happens.
import { Readable } from 'node:stream';
import { StorageError } from '../errors.ts';
import type { ByteRange } from '../object-store.ts';
import type { OpenFile } from './file-system.ts';

/** Bytes read from disk at a time. */
const chunkBytes = 256 * 1024;

/** Stream of `range` of `file`, which it owns from now on. A file that ends early is a `short-read` error. */
export class FileRangeReadable extends Readable {
  readonly #file: OpenFile;
  #position: number;
  #left: number;

  constructor(file: OpenFile, range: ByteRange) {
    super({ highWaterMark: chunkBytes });
    this.#file = file;
    this.#position = range.offset;
    this.#left = range.length;
  }

  override _read(): void {
    this.#next().then(
      (chunk) => this.push(chunk),
      (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#file.close().then(
      () => callback(error),
      (closing: unknown) =>
        callback(error ?? (closing instanceof Error ? closing : new Error(String(closing)))),
    );
  }

  async #next(): Promise<Uint8Array | null> {
    if (this.#left === 0) return null;
    const chunk = Buffer.allocUnsafeSlow(Math.min(chunkBytes, this.#left));
    const filled = await this.#file.read(chunk, this.#position);
    if (filled < chunk.length) {
      const ended = this.#position + filled;
      throw new StorageError(
        'short-read',
        `${this.#file.path} ends at ${ended}, ${this.#left - filled} bytes early`,
      );
    }
    this.#position += filled;
    this.#left -= filled;
    return chunk;
  }
}
