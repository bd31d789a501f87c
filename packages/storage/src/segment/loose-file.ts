// A spool file that is no segment: bytes on their way into quarantine.
import { createHash } from 'node:crypto';
import type { SealedFile } from '../object-store.ts';
import { type SpoolFile, sealedPathOf } from './spool-file.ts';

/** A loose file that is complete and fsynced; `sha256` as 64 lower-case hex digits. */
export interface SealedLooseFile extends SealedFile {
  readonly sha256: string;
}

/** Writes one loose file. */
export class LooseFileWriter {
  readonly #file: SpoolFile;
  readonly #onHashed: (bytes: number) => void;
  readonly #sha256 = createHash('sha256');

  /** Use `SegmentSpool.createLoose`. */
  constructor(file: SpoolFile, onHashed: (bytes: number) => void) {
    this.#file = file;
    this.#onHashed = onHashed;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#file.length;
  }

  /** Takes the next bytes, as `EntryWriter.write` does. */
  write(chunk: Uint8Array): Promise<void> | undefined {
    this.#sha256.update(chunk);
    this.#onHashed(chunk.length);
    return this.#file.append(chunk);
  }

  /** Fsyncs once and closes. Errors: `sync-failed` and the spool's others: then only {@link discard} is left. */
  async seal(): Promise<SealedLooseFile> {
    await this.#file.seal(sealedPathOf(this.#file.path));
    return { path: this.#file.path, size: this.#file.length, sha256: this.#sha256.digest('hex') };
  }

  /** Gives the file up and removes it. */
  discard(): Promise<void> {
    return this.#file.discard();
  }
}

/** Key of quarantined bytes: `quarantine/{2 hex}/{SHA-256 of the bytes}-{id}`; `id` is a UUID of version 7. */
export function buildQuarantineKey(sha256: string, id: string): string {
  return `quarantine/${sha256.slice(0, 2)}/${sha256}-${id}`;
}
