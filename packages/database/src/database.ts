/** The connection to PostgreSQL: a bounded pool and the transaction bracket. Holds no statements of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { DatabaseError, wrapPostgresError } from './errors.ts';

/** A statement, and how it is planned. */
export interface Statement extends pg.QueryConfig {
  /**
   * Planned once in each connection, whatever the values: for a named statement of the hot path whose best plan does not
   * depend on them. PostgreSQL takes plans that look into one partition for so much better than those that find it when
   * they run that it would plan anew each time, which takes longer than running. In a transaction, that one says.
   */
  readonly keepsPlan?: boolean;
}

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

/** PostgreSQL's type numbers (pg_type.oid) of int8 and date. */
const INT8 = 20;
const DATE = 1082;

const types = new pg.TypeOverrides();
// `bigint` columns are our surrogate keys and counts: far below 2^53, read as numbers. Days stay `YYYY-MM-DD`.
types.setTypeParser(INT8, Number);
types.setTypeParser(DATE, (text) => text);

/** A connection is waited for so long: for one of the pool to be free, or for PostgreSQL to take a new one. */
const CONNECTION_TIMEOUT_MS = 5_000;
/** How long after its time limit a statement's answer may still come. */
const ANSWER_GRACE_MS = 2_000;
/** How long the connection that is asked for reachability may take to answer. */
const PROBE_TIMEOUT_MS = 2_000;
/** How long the server may take to say goodbye. */
const CLOSE_TIMEOUT_MS = 3_000;
/** The first probe of an idle connection; a peer that is gone is noticed some seconds later. */
const KEEP_ALIVE_MS = 10_000;

export function openDatabase(options: DatabaseOptions): Database {
  const { statementTimeoutMs = 60_000 } = options;
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + ANSWER_GRACE_MS,
    idle_in_transaction_session_timeout: options.idleTransactionTimeoutMs ?? 60_000,
    application_name: options.applicationName ?? 'sandyq',
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    // Statements of a transaction that do not need each other's results are sent without waiting for them.
    pipeline: true,
    types,
  });
  const probe = probePool(options);
  let closing = false;
  pool.on('error', (error) => {
    // Connections that end while the pool does are no news.
    if (!closing) options.onIdleError?.(wrapPostgresError(error).sqlState);
  });
  return {
    query: (statement) => ask(pool, statement),
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

/** What a statement is answered that was sent behind one that failed: that one says why. */
const TRANSACTION_FAILED = '25P02';

async function ask<Row extends pg.QueryResultRow>(
  pool: pg.Pool,
  statement: Statement,
): Promise<pg.QueryResult<Row>> {
  return withClient(pool, statement.keepsPlan === true, (run) => run<Row>(statement).catch(rethrow));
}

async function inTransaction<Result>(
  pool: pg.Pool,
  work: (client: Queryable) => Promise<Result>,
  keepsPlans: boolean,
): Promise<Result> {
  return withClient(pool, keepsPlans, async (run, giveUp) => {
    let firstFailure: unknown;
    const tell = (error: unknown): never => {
      firstFailure ??= error;
      throw error instanceof pg.DatabaseError && error.code === TRANSACTION_FAILED ? firstFailure : error;
    };
    try {
      await run({ text: 'begin' }).catch(rethrow);
      const result = await work({
        query: (statement) => run<never>(statement).catch(tell).catch(rethrow),
      });
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

type Run = <Row extends pg.QueryResultRow>(statement: pg.QueryConfig) => Promise<pg.QueryResult<Row>>;

/** Runs `work` with a connection of the pool, which does not get back one that is broken. */
async function withClient<Result>(
  pool: pg.Pool,
  keepsPlans: boolean,
  work: (run: Run, giveUp: (error: Error) => void) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect().catch(rethrow);
  // The error event of a connection that broke must not end the process.
  let broken: Error | undefined;
  const noteBroken = (error: Error) => {
    broken ??= error;
  };
  const gather = gatherWrites(client);
  const run: Run = async <Row extends pg.QueryResultRow>(statement: pg.QueryConfig) => {
    // What was said on it before may never have been answered.
    if (broken !== undefined) throw broken;
    try {
      gather();
      return await client.query<Row>(statement);
    } catch (error) {
      // Nothing of PostgreSQL's came: whatever else is said on this connection might never be answered.
      if (!(error instanceof pg.DatabaseError)) noteBroken(asError(error));
      throw error;
    }
  };
  client.on('error', noteBroken);
  try {
    setPlanning(client, keepsPlans, run).catch(noteBroken);
    return await work(run, noteBroken);
  } finally {
    client.off('error', noteBroken);
    client.release(broken);
  }
}

/** The connections in which plans are kept now. */
const keeping = new WeakSet<pg.PoolClient>();

/** Goes ahead of the next statement, in the same write. Of a connection where it fails nobody knows how it plans. */
async function setPlanning(client: pg.PoolClient, keepsPlans: boolean, run: Run): Promise<void> {
  if (keeping.has(client) === keepsPlans) return;
  if (keepsPlans) keeping.add(client);
  else keeping.delete(client);
  await run({ text: `set plan_cache_mode = ${keepsPlans ? 'force_generic_plan' : 'auto'}` });
}

/** What is asked for in one turn of the event loop leaves in one write. To be called before each statement. */
function gatherWrites({ connection: { stream } }: pg.PoolClient): () => void {
  let isGathering = false;
  return () => {
    if (isGathering) return;
    isGathering = true;
    stream.cork();
    process.nextTick(() => {
      isGathering = false;
      stream.uncork();
    });
  };
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
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
