/** A connection of the pool while something is asked on it: how it plans, what leaves in one write, whether it is still good. */
import pg from 'pg';
import { cancelStatement } from './cancel-statement.ts';
import { rethrow } from './errors.ts';
import { StatementBatch } from './statement-batch.ts';

/** A statement, and how it is planned. */
export interface Statement extends pg.QueryConfig {
  /**
   * Planned once in each connection, whatever the values: for a named statement of the hot path whose best plan does not
   * depend on them. PostgreSQL takes plans that look into one partition for so much better than those that find it when
   * they run that it would plan anew each time, which takes longer than running. In a transaction, that one says.
   */
  readonly keepsPlan?: boolean;
  /**
   * What is asked for in the same turn of the event loop may share a connection and a write: short questions go ahead, and
   * what commits goes behind some of them. Both keep their plans. In a transaction it says nothing.
   */
  readonly inTurn?: 'ahead' | 'behind';
  /** When it aborts, PostgreSQL is told to end the statement, which fails then. In a transaction, or in turn, it says nothing. */
  readonly signal?: AbortSignal | undefined;
}

/** Runs a statement on the connection. */
export type Run = <Row extends pg.QueryResultRow>(statement: pg.QueryConfig) => Promise<pg.QueryResult<Row>>;

/** How statements are planned, and how they are sent. */
export interface ClientUse {
  readonly keepsPlans: boolean;
  /** Of a transaction: what is asked for in one turn of the event loop is answered together, and fails from the first that does. */
  readonly isTransaction?: boolean;
  /** Ends the statement that runs when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/** Runs `work` with a connection of the pool, which does not get back one that is broken. */
export async function withClient<Result>(
  pool: pg.Pool,
  { keepsPlans, isTransaction = false, signal }: ClientUse,
  work: (run: Run, giveUp: (error: Error) => void) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect().catch(rethrow);
  // The error event of a connection that broke must not end the process.
  let broken: Error | undefined;
  const noteBroken = (error: Error) => {
    broken ??= error;
  };
  const send = inOneWrite(client, isTransaction);
  const run: Run = async <Row extends pg.QueryResultRow>(statement: pg.QueryConfig) => {
    // What was said on it before may never have been answered.
    if (broken !== undefined) throw broken;
    try {
      return await send<Row>(statement);
    } catch (error) {
      // Nothing of PostgreSQL's came: whatever else is said on this connection might never be answered.
      if (!(error instanceof pg.DatabaseError)) noteBroken(asError(error));
      throw error;
    }
  };
  client.on('error', noteBroken);
  const stopWatching = cancelWhenAborted(client, signal);
  try {
    setPlanning(client, keepsPlans, send).catch(noteBroken);
    return await work(run, noteBroken);
  } finally {
    await stopWatching?.();
    client.off('error', noteBroken);
    client.release(broken);
  }
}

/** Returns what ends the watch: a request to cancel that is on its way must not meet the next statement of the connection. */
function cancelWhenAborted(
  client: pg.PoolClient,
  signal: AbortSignal | undefined,
): (() => Promise<void> | undefined) | undefined {
  if (signal === undefined) return undefined;
  let cancelling: Promise<void> | undefined;
  const cancel = (): void => {
    cancelling = cancelStatement(client);
  };
  signal.addEventListener('abort', cancel, { once: true });
  return () => {
    signal.removeEventListener('abort', cancel);
    return cancelling;
  };
}

/** The connections in which plans are kept now. */
const keeping = new WeakSet<pg.PoolClient>();

/** Goes ahead of the next statement, in the same write. Of a connection where it fails nobody knows how it plans. */
async function setPlanning(client: pg.PoolClient, keepsPlans: boolean, send: Run): Promise<void> {
  if (keeping.has(client) === keepsPlans) return;
  if (keepsPlans) keeping.add(client);
  else keeping.delete(client);
  await send({ text: `set plan_cache_mode = ${keepsPlans ? 'force_generic_plan' : 'auto'}` });
}

/** What is asked for in one turn of the event loop leaves in one write; of a transaction it is answered in one. */
function inOneWrite(client: pg.PoolClient, isTransaction: boolean): Run {
  const { stream } = client.connection;
  let isGathering = false;
  let batch: StatementBatch | undefined;
  const submit = (): void => {
    if (batch !== undefined) client.query<StatementBatch>(batch);
    batch = undefined;
  };
  const gather = (): void => {
    if (isGathering) return;
    isGathering = true;
    stream.cork();
    process.nextTick(() => {
      isGathering = false;
      submit();
      stream.uncork();
    });
  };
  return (statement) => {
    gather();
    if (isTransaction && isPreparable(statement)) {
      batch ??= new StatementBatch();
      return batch.add(statement);
    }
    submit();
    return client.query(statement);
  };
}

/** A text alone may be several statements, of which PostgreSQL prepares none. */
function isPreparable({ name, values }: pg.QueryConfig): boolean {
  return name !== undefined || values !== undefined;
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
