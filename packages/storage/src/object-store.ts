// The object store port: what the archive asks of any place that keeps its objects. Adapters: filesystem/, s3/.
// All adapters pass testing/object-store-suite.ts; wrappers/ adds retry, limits and events around any of them.
import type { Readable } from 'node:stream';

/** Bytes [offset, offset + length) of an object. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** What a store knows of an object without reading it. `size` in bytes. */
export interface ObjectStat {
  readonly key: string;
  readonly size: number;
  readonly lastModified: Date;
  /** The cold tier has it, and the store before it has not. */
  readonly isCold?: true;
}

/**
 * A spool file that is complete and fsynced, and that nobody writes any more. `size` in bytes. Digests that the
 * writer happens to know, as lower-case hex, save the store a pass over the file; `md5` is the one S3 uses.
 */
export interface SealedFile {
  readonly path: string;
  readonly size: number;
  readonly md5?: string;
  readonly sha256?: string;
}

/** Options of {@link ObjectStore.list}. */
export interface ListOptions {
  /** Only keys that come after this one in key order; the key itself need not exist. */
  readonly after?: string;
  readonly signal?: AbortSignal;
}

/** Largest object that {@link ObjectStore.putBytes} takes, in bytes. */
export const maximumPutBytes = 8 * 1024 * 1024;

/**
 * Objects written once, never overwritten, named by keys as {@link assertKey} allows them. Every method rejects
 * with a `StorageError` and nothing else. Key order is the order of the keys' bytes.
 */
export interface ObjectStore {
  readonly kind: 'filesystem' | 's3';

  /**
   * Stores a sealed spool file under a key that no object has. On return the object is durable and visible to
   * every reader; before, nothing or the whole of it is visible, at any crash. The spool file stays for the caller
   * to remove. Errors: `exists`, `not-sealed`, `no-space`, `unavailable` …; after an error the object may be there
   * all the same, so a second attempt takes a fresh key.
   */
  putFile(key: string, file: SealedFile, signal?: AbortSignal): Promise<void>;

  /** As {@link putFile}, for at most {@link maximumPutBytes} in memory. */
  putBytes(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void>;

  /** Size and time of an object, or undefined if there is none. */
  stat(key: string, signal?: AbortSignal): Promise<ObjectStat | undefined>;

  /**
   * The bytes of an object or of a range of it. Resolves when the object is open: `not-found` and `short-read` for
   * a range past the end are told then, not in the stream. The stream delivers exactly the wanted bytes or errors
   * with a `StorageError`. A caller that stops early destroys the stream.
   */
  read(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Readable>;

  /** Every object whose key starts with `prefix`, in key order, fetched as it is consumed. */
  list(prefix: string, options?: ListOptions): AsyncIterable<ObjectStat>;

  /**
   * Removes an object for good, every version of it where the store has versions. Absent is success. Error: `locked`
   * (see object-locks.ts): it stays.
   */
  delete(key: string, signal?: AbortSignal): Promise<void>;

  /** Resolves if the store can be reached and written to now. Leaves no object behind. */
  check(signal?: AbortSignal): Promise<void>;
}

/** What upkeep (sweep, reconcile) asks of a store beside {@link ObjectStore}. */
export interface StoreMaintenance {
  /**
   * Makes an object durable that another process put and may not have finished fsyncing: to be called before anything
   * relies on an object that was found, not put. Error: `not-found`.
   */
  settle(key: string, signal?: AbortSignal): Promise<void>;

  /**
   * Removes what puts begun before `before` left unfinished (temporary files, multipart uploads), and returns how
   * many. Never touches an object; a put that is still alive and older than `before` fails cleanly.
   */
  removeUnfinished(before: Date, signal?: AbortSignal): Promise<number>;
}

/** What a store can be asked that archives objects: they are kept, and cannot be read before they were restored. */
export interface ArchivedObjects {
  /**
   * Asks for an object to be made readable for some days; that may take hours. Success also if it is under way, or the
   * object can be read. Errors: `not-found`.
   */
  restore(key: string, signal?: AbortSignal): Promise<void>;
}

/** Longest range of {@link RangeReads.readRange}, in bytes. */
export const maximumRangeBytes = 4 * 1024 * 1024;

/** How a range is read. */
export interface RangeOptions {
  readonly signal?: AbortSignal | undefined;
  /** Gives the memory that is read into: exactly so many bytes, with whatever is in them. Default: new memory. */
  readonly allocate?: ((length: number) => Buffer) | undefined;
}

/** What answers ask of a store beside {@link ObjectStore}: short ranges, as cheaply as they can be had. */
export interface RangeReads {
  /**
   * A range of at most {@link maximumRangeBytes} in one buffer, which is the caller's, and that nobody writes into when
   * the call is over, however it ended. A file that was opened a moment
   * ago is read again, so an object deleted within this moment may still be found (its bytes are what they were):
   * whoever must know that an object is there uses {@link ObjectStore.read}. Errors: as there.
   */
  readRange(key: string, range: ByteRange, options?: RangeOptions): Promise<Buffer>;
}
