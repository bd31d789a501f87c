/** The connection to PostgreSQL: a bounded pool and the transaction bracket. Holds no statements of its own. */
import pg from 'pg';
import { DatabaseError, wrapPostgresError } from './errors.ts';

/** Whatever runs a statement: the pool (own transaction) or a client inside `inTransaction`. */
export interface Queryable {
  query<Row extends pg.QueryResultRow = pg.QueryResultRow>(
    statement: pg.QueryConfig,
  ): Promise<pg.QueryResult<Row>>;
}

export interface DatabaseOptions {
  readonly connectionString: string;
  /** Upper bound of connections of this process. */
  readonly maxConnections?: number;
  /** A statement that runs longer is cancelled by PostgreSQL. Milliseconds. */
  readonly statementTimeoutMs?: number;
  /**
   * A transaction in which this process asks nothing for longer is ended by PostgreSQL: a process that is paused or cut
   * off must not hold its locks for ever. Milliseconds.
   */
  readonly idleTransactionTimeoutMs?: number;
  readonly applicationName?: string;
  /** A connection that was idle in the pool broke; the pool replaces it. */
  readonly onIdleError?: (sqlState: string | undefined) => void;
}

export interface Database extends Queryable {
  /** Runs `work` in one READ COMMITTED transaction; throws DatabaseError. */
  inTransaction<Result>(work: (client: Queryable) => Promise<Result>): Promise<Result>;
  /** True when a statement runs within `timeoutMs`. */
  reachable(timeoutMs: number): Promise<boolean>;
  close(): Promise<void>;
}

/** PostgreSQL's type numbers (pg_type.oid) of int8 and date. */
const INT8 = 20;
const DATE = 1082;

const types = new pg.TypeOverrides();
// `bigint` columns are our surrogate keys and counts: far below 2^53, read as numbers. Days stay `YYYY-MM-DD`.
types.setTypeParser(INT8, Number);
types.setTypeParser(DATE, (text) => text);

export function openDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: 5_000,
    statement_timeout: options.statementTimeoutMs ?? 60_000,
    idle_in_transaction_session_timeout: options.idleTransactionTimeoutMs ?? 60_000,
    application_name: options.applicationName ?? 'sandyq',
    types,
  });
  let closing = false;
  pool.on('error', (error) => {
    // Connections that end while the pool does are no news.
    if (!closing) options.onIdleError?.(wrapPostgresError(error).sqlState);
  });
  return {
    query: (statement) => pool.query(statement).catch(rethrow),
    inTransaction: (work) => inTransaction(pool, work),
    reachable: (timeoutMs) => reachable(pool, timeoutMs),
    close: () => {
      closing = true;
      return pool.end();
    },
  };
}

function rethrow(error: unknown): never {
  throw wrapPostgresError(error);
}

/** A COMMIT that PostgreSQL refused is over; one whose answer was lost may have happened. */
function rethrowCommit(error: unknown): never {
  const wrapped = wrapPostgresError(error);
  if (wrapped.code !== 'unavailable') throw wrapped;
  throw new DatabaseError('commit-unknown', 'the connection was lost during COMMIT: read before answering', {
    sqlState: wrapped.sqlState,
    cause: error,
  });
}

async function inTransaction<Result>(
  pool: pg.Pool,
  work: (client: Queryable) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect().catch(rethrow);
  // A client whose connection broke must not go back to the pool; its error event must not end the process.
  let broken: Error | undefined;
  const noteBroken = (error: Error) => {
    broken = error;
  };
  client.on('error', noteBroken);
  try {
    await client.query({ text: 'begin' }).catch(rethrow);
    const result = await work({ query: (statement) => client.query(statement).catch(rethrow) });
    await client.query({ text: 'commit' }).catch(rethrowCommit);
    return result;
  } catch (error) {
    await client.query({ text: 'rollback' }).catch(noteBroken);
    throw error;
  } finally {
    client.off('error', noteBroken);
    client.release(broken);
  }
}

async function reachable(pool: pg.Pool, timeoutMs: number): Promise<boolean> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const expired = new Promise<false>((resolve) => {
    deadline.addEventListener('abort', () => resolve(false), { once: true });
  });
  const answered = pool.query('select 1').then(
    () => true,
    () => false,
  );
  return Promise.race([answered, expired]);
}
