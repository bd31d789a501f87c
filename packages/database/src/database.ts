/** The connection to PostgreSQL: a bounded pool and the transaction bracket. Holds no statements of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { DatabaseError, rethrow, wrapPostgresError } from './errors.ts';
import { type Statement, withClient } from './pooled-client.ts';
import { askedInTurns } from './same-turn.ts';
import { valueTypes } from './value-types.ts';

export type { Statement } from './pooled-client.ts';

/** Whatever runs a statement: the pool (own transaction) or a client inside `inTransaction`. */
export interface Queryable {
  query<Row extends pg.QueryResultRow = pg.QueryResultRow>(
    statement: Statement,
  ): Promise<pg.QueryResult<Row>>;
}

export interface DatabaseOptions {
  readonly connectionString: string;
  /** Upper bound of connections of this process. */
  readonly maxConnections?: number;
  /**
   * A statement that runs longer is cancelled by PostgreSQL. One of which nothing is heard for another 2 s is given up
   * with its connection: PostgreSQL, or the way to it, is gone without a word. Milliseconds.
   */
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
  /**
   * Runs `work` in one READ COMMITTED transaction; throws DatabaseError. Statements are sent as they are asked for, without
   * waiting for those before, and run in that order. With `keepsPlans`, all of them are planned as {@link Statement} says.
   */
  inTransaction<Result>(
    work: (client: Queryable) => Promise<Result>,
    options?: { keepsPlans?: boolean },
  ): Promise<Result>;
  /**
   * True when a statement runs within `timeoutMs`. It is asked on a connection of its own, beside `maxConnections`, so
   * that a busy pool is not taken for an absent PostgreSQL.
   */
  reachable(timeoutMs: number): Promise<boolean>;
  close(): Promise<void>;
}

/** A connection is waited for so long: for one of the pool to be free, or for PostgreSQL to take a new one. */
const CONNECTION_TIMEOUT_MS = 5_000;
/** How long after its time limit a statement's answer may still come. */
const ANSWER_GRACE_MS = 2_000;
/** How long the connection that is asked for reachability may take to answer. */
const PROBE_TIMEOUT_MS = 2_000;
/** How long the server may take to say goodbye. */
const CLOSE_TIMEOUT_MS = 3_000;
/**
 * So many stay open however long nobody asks, for who comes next: a new one costs PostgreSQL 100 ms of CPU until it knows the
 * tables, the process 10 to 20 MB from then on.
 */
const KEPT_CONNECTIONS = 4;
/** The first probe of an idle connection; a peer that is gone is noticed some seconds later. */
const KEEP_ALIVE_MS = 10_000;

export function openDatabase(options: DatabaseOptions): Database {
  const { statementTimeoutMs = 60_000, maxConnections: max = 6 } = options;
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max,
    min: Math.min(KEPT_CONNECTIONS, max),
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + ANSWER_GRACE_MS,
    idle_in_transaction_session_timeout: options.idleTransactionTimeoutMs ?? 60_000,
    application_name: options.applicationName ?? 'sandyq',
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    // Statements of a transaction that do not need each other's results are sent without waiting for them.
    pipeline: true,
    types: valueTypes,
  });
  const probe = probePool(options);
  const askInTurn = askedInTurns(pool);
  let closing = false;
  pool.on('error', (error) => {
    // Connections that end while the pool does are no news.
    if (!closing) options.onIdleError?.(wrapPostgresError(error).sqlState);
  });
  return {
    query: (statement) => (statement.inTurn === undefined ? ask(pool, statement) : askInTurn(statement)),
    inTransaction: (work, { keepsPlans = false } = {}) => inTransaction(pool, work, keepsPlans),
    reachable: (timeoutMs) => reachable(probe, timeoutMs),
    close: async () => {
      closing = true;
      // Of a connection that is half open no end is heard; the process ends it.
      const longest = sleep(CLOSE_TIMEOUT_MS, undefined, { ref: false });
      await Promise.race([Promise.all([pool.end(), probe.end()]), longest]);
    },
  };
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

/** What a statement is answered that was sent behind one that failed: that one says why. */
const TRANSACTION_FAILED = '25P02';

async function ask<Row extends pg.QueryResultRow>(
  pool: pg.Pool,
  statement: Statement,
): Promise<pg.QueryResult<Row>> {
  const { keepsPlan = false, signal } = statement;
  return withClient(pool, { keepsPlans: keepsPlan, signal }, (run) => {
    signal?.throwIfAborted();
    return run<Row>(statement).catch(rethrow);
  });
}

async function inTransaction<Result>(
  pool: pg.Pool,
  work: (client: Queryable) => Promise<Result>,
  keepsPlans: boolean,
): Promise<Result> {
  return withClient(pool, { keepsPlans, isTransaction: true }, async (run, giveUp) => {
    let firstFailure: unknown;
    const tell = (error: unknown): never => {
      firstFailure ??= error;
      throw error instanceof pg.DatabaseError && error.code === TRANSACTION_FAILED ? firstFailure : error;
    };
    try {
      // In one write with what the work asks for first.
      const begun = run({ name: 'begin', text: 'begin' }).catch(tell);
      const [result] = await Promise.all([
        work({ query: (statement) => run<never>(statement).catch(tell).catch(rethrow) }),
        begun.catch(rethrow),
      ]);
      const { command } = await run({ text: 'commit' }).catch(rethrowCommit);
      // PostgreSQL answers so, and with no error, where a statement failed that nobody waited for.
      if (command === 'ROLLBACK') rethrow(firstFailure);
      return result;
    } catch (error) {
      await run({ text: 'rollback' }).catch(giveUp);
      throw error;
    }
  });
}

/** A connection that does not answer in time is dropped; the next question makes a new one. */
function probePool({ connectionString, applicationName = 'sandyq' }: DatabaseOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    max: 1,
    connectionTimeoutMillis: PROBE_TIMEOUT_MS,
    query_timeout: PROBE_TIMEOUT_MS,
    application_name: applicationName,
  });
  // The next question finds out by itself.
  pool.on('error', () => undefined);
  return pool;
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
