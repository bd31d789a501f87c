// What a store that can lock its objects does beside ObjectStore (S3 Object Lock). Adapter: s3/s3-object-locks.ts; a folder
// of files has no such thing. A locked object is not deleted by anybody: `ObjectStore.delete` says `locked`.

/** What keeps an object from being deleted. */
export interface ObjectLock {
  /** On until it is taken off. */
  readonly hasLegalHold: boolean;
  /** Not before this; undefined: no such day is set. */
  readonly retainedUntil: Date | undefined;
}

/** Locks on single objects, every version of each. Every method rejects with a `StorageError` and nothing else. */
export interface ObjectLocks {
  /** Whether the store locks objects at all: a bucket must have been made so. */
  canLock(signal?: AbortSignal): Promise<boolean>;

  /** The lock of an object. Error: `not-found`. */
  readLock(key: string, signal?: AbortSignal): Promise<ObjectLock>;

  /** Puts the legal hold on or takes it off; as it is already is success. Error: `not-found`. */
  setLegalHold(key: string, isOn: boolean, signal?: AbortSignal): Promise<void>;

  /**
   * Keeps the object until then, whoever asks (mode COMPLIANCE): it can be prolonged, never shortened. One that is kept as
   * long already is success. Error: `not-found`.
   */
  retainUntil(key: string, until: Date, signal?: AbortSignal): Promise<void>;
}

/** Whether a store is one that can have locks; whether it has is {@link ObjectLocks.canLock}. */
export function hasObjectLocks(store: object): store is ObjectLocks {
  return 'canLock' in store && typeof store.canLock === 'function';
}
