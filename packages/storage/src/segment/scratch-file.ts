// A spool file that never becomes an object: parts that are read again before their request ends.
import type { SpoolFile } from './spool-file.ts';

/** Bytes of a scratch file. */
export interface ScratchRange {
  readonly offset: number;
  readonly length: number;
}

/** Written from its start to its end, read at any time, gone with its request: a crash leaves it to the sweep. */
export class ScratchFile {
  readonly #file: SpoolFile;

  /** Use `SegmentSpool.createScratch`. */
  constructor(file: SpoolFile) {
    this.#file = file;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#file.length;
  }

  /** Takes the next bytes, as `EntryWriter.write` does. */
  write(chunk: Uint8Array): Promise<void> | undefined {
    return this.#file.append(chunk);
  }

  /** Bytes that were written, in chunks that the caller may keep. */
  read({ offset, length }: ScratchRange): AsyncGenerator<Buffer> {
    return this.#file.read(offset, length);
  }

  /** Takes back everything from `length` on. */
  truncate(length: number): Promise<void> {
    return this.#file.truncate(length);
  }

  /** Closes the file and removes it. */
  discard(): Promise<void> {
    return this.#file.discard();
  }
}
