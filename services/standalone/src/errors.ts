/** Errors of the standalone archive: what can keep it from starting, and from being backed up or restored. Each message says what is wrong, where, and what to do. */

/** What kept the standalone archive from starting or stopping, or its database from being backed up or restored. */
export type StandaloneErrorCode =
  /** The data folder or something in it can't be created or written. */
  | 'data-folder-not-writable'
  /** Another process uses the data folder. */
  | 'data-folder-in-use'
  /** No embedded PostgreSQL exists for this operating system and processor, or it was not installed. */
  | 'database-unavailable'
  /** No user account of this machine can run PostgreSQL with this data folder. */
  | 'database-account'
  /** The database files were made by another major version of PostgreSQL, or are not a database at all. */
  | 'database-files'
  /** PostgreSQL did not come up. */
  | 'database-start'
  /** The folder for a backup, or for a copy of the objects, is not usable for it. */
  | 'backup-folder'
  /** The folder holds no finished backup. */
  | 'backup-incomplete'
  /** The backup is not what its manifest says. */
  | 'backup-damaged'
  /** The database can't be backed up, or not be restored, by this program. */
  | 'backup-database';

/** An error of the standalone archive, told apart by {@link StandaloneError.code}. */
export class StandaloneError extends Error {
  override readonly name = 'StandaloneError';
  readonly code: StandaloneErrorCode;

  constructor(code: StandaloneErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The code of a system error (`EACCES`, `ENOENT`), if it is one. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
