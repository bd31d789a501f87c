// Files of objects that were opened a moment ago, for the next reader: frames and instances of a series lie in one file,
// and are asked for one after the other.
import type { OpenFile } from '../file-system/file-system.ts';

/** An open file. `size` in bytes as it was opened: objects do not change. */
export interface KeptFile {
  readonly file: OpenFile;
  readonly size: number;
}

/** What {@link KeptFiles} needs. */
export interface KeptFilesOptions {
  readonly open: (key: string) => Promise<KeptFile>;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
  /** Told when a file could not be closed. */
  readonly onCloseFailure: (error: unknown) => void;
}

/** A file is used for no longer: a deleted object gives its space back, a disk can be unmounted. */
export const keptMs = 250;
/** Files that are kept; the one opened first leaves first. */
export const mostKept = 64;

interface Kept {
  readonly key: string;
  readonly since: number;
  readonly opening: Promise<KeptFile>;
  users: number;
  isLeaving: boolean;
}

/** Opens each file once for all who read it within {@link keptMs}; closes it when it has left and nobody reads it. */
export class KeptFiles {
  readonly #options: KeptFilesOptions;
  readonly #now: () => number;
  /** In the order of their opening. */
  readonly #kept = new Map<string, Kept>();
  #isSweeping = false;

  constructor(options: KeptFilesOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Reads from the file. Rejects as `open` or `read` does; what could not be opened is not kept. */
  async use<T>(key: string, read: (file: KeptFile) => Promise<T>): Promise<T> {
    const kept = this.#take(key);
    try {
      return await read(await kept.opening);
    } finally {
      kept.users -= 1;
      this.#closeIfLeft(kept);
    }
  }

  /** The object was deleted: who asks from now on does not find it. */
  forget(key: string): void {
    const kept = this.#kept.get(key);
    if (kept !== undefined) this.#leave(kept);
  }

  #take(key: string): Kept {
    this.#leaveAged();
    const known = this.#kept.get(key);
    if (known !== undefined) {
      known.users += 1;
      return known;
    }
    const kept: Kept = {
      key,
      since: this.#now(),
      opening: this.#options.open(key),
      users: 1,
      isLeaving: false,
    };
    kept.opening.catch(() => this.#leave(kept));
    this.#kept.set(key, kept);
    const [oldest] = this.#kept.values();
    if (this.#kept.size > mostKept && oldest !== undefined) this.#leave(oldest);
    if (!this.#isSweeping) this.#sweepLater();
    return kept;
  }

  #leaveAged(): void {
    const aged = this.#now() - keptMs;
    for (const kept of this.#kept.values()) {
      if (kept.since > aged) return;
      this.#leave(kept);
    }
  }

  /** For files that nobody asks for any more. */
  #sweepLater(): void {
    this.#isSweeping = true;
    setTimeout(() => {
      this.#leaveAged();
      this.#isSweeping = false;
      if (this.#kept.size > 0) this.#sweepLater();
    }, keptMs).unref();
  }

  #leave(kept: Kept): void {
    if (this.#kept.get(kept.key) === kept) this.#kept.delete(kept.key);
    kept.isLeaving = true;
    this.#closeIfLeft(kept);
  }

  #closeIfLeft(kept: Kept): void {
    if (!kept.isLeaving || kept.users > 0) return;
    // One that could not be opened has nothing to close; whoever asked was told.
    kept.opening.then(
      ({ file }) => file.close().catch(this.#options.onCloseFailure),
      () => undefined,
    );
  }
}
