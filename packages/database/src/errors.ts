/** Errors of the index, by code. Messages never carry values of rows: they may be patient data. */

export type DatabaseErrorCode =
  | 'unavailable' // PostgreSQL is away, starting, or out of connections: try again
  | 'commit-unknown' // the connection broke during COMMIT: it may have happened
  | 'contention' // serialisation failure or deadlock that outlived its retries: try again
  | 'data' // a value does not fit its column
  | 'conflict' // a unique or foreign key constraint refused a command of an administrator
  | 'not-found'
  | 'statement' // a fault of this program: PostgreSQL does not understand or allow the statement
  | 'schema'; // the schema is newer than this program, or a migration was changed after it ran

export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly code: DatabaseErrorCode;
  /** True where the same call may succeed later. */
  readonly retryable: boolean;
  /** PostgreSQL's SQLSTATE and constraint, for the log. */
  readonly sqlState: string | undefined;
  readonly constraint: string | undefined;

  constructor(
    code: DatabaseErrorCode,
    message: string,
    detail: { sqlState?: string | undefined; constraint?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.retryable = code === 'unavailable' || code === 'contention' || code === 'commit-unknown';
    this.sqlState = detail.sqlState;
    this.constraint = detail.constraint;
  }
}

/** Wraps what `pg` throws, by SQLSTATE (PostgreSQL, Appendix A), never by message. */
export function wrapPostgresError(error: unknown): DatabaseError {
  if (error instanceof DatabaseError) return error;
  const { code, constraint, table } = fieldsOf(error);
  const where = [table && `table ${table}`, constraint && `constraint ${constraint}`]
    .filter(Boolean)
    .join(', ');
  const detail = { sqlState: code, constraint, cause: error };
  const say = (what: string) => `${what}${where ? ` (${where})` : ''}${code ? ` [${code}]` : ''}`;
  if (code === '40P01' || code === '40001')
    return new DatabaseError('contention', say('transactions collided'), detail);
  if (code?.startsWith('22'))
    return new DatabaseError('data', say('a value does not fit its column'), detail);
  if (code?.startsWith('23'))
    return new DatabaseError('conflict', say('a constraint refused the row'), detail);
  if (code?.startsWith('54'))
    return new DatabaseError('data', say('a value is larger than PostgreSQL can index'), detail);
  if (code?.startsWith('42'))
    return new DatabaseError('statement', say('PostgreSQL refused the statement'), detail);
  return new DatabaseError('unavailable', say('PostgreSQL did not answer the statement'), detail);
}

/** Throws it wrapped. */
export function rethrow(error: unknown): never {
  throw wrapPostgresError(error);
}

function fieldsOf(error: unknown): { code?: string; constraint?: string; table?: string } {
  if (typeof error !== 'object' || error === null) return {};
  const text = (key: string) => {
    const value: unknown = Reflect.get(error, key);
    return typeof value === 'string' ? { [key]: value } : {};
  };
  return { ...text('code'), ...text('constraint'), ...text('table') };
}
