/**
 * Statements that share a connection and a write. An answer needs the row that it is about and its audit row; both are asked for
 * in the same turn of the event loop, and to wake one backend of PostgreSQL costs less than to wake two.
 */
import type pg from 'pg';
import { rethrow } from './errors.ts';
import { type Statement, withClient } from './pooled-client.ts';

interface Asked {
  readonly statement: Statement;
  readonly resolve: (result: pg.QueryResult<never>) => void;
  readonly reject: (error: unknown) => void;
}

/** Asks the pool. Each statement is a transaction of its own, and fails alone. */
export function askedInTurns(
  pool: pg.Pool,
): <Row extends pg.QueryResultRow>(statement: Statement) => Promise<pg.QueryResult<Row>> {
  let waiting: Asked[] = [];
  const leave = (): void => {
    const asked = waiting;
    waiting = [];
    for (const group of groupsOf(asked)) void askGroup(pool, group);
  };
  return (statement) => {
    // When all that this turn brings was asked for.
    if (waiting.length === 0) process.nextTick(leave);
    const { promise, resolve, reject } = Promise.withResolvers<pg.QueryResult<never>>();
    waiting.push({ statement, resolve, reject });
    return promise;
  };
}

/** Questions do not wait for each other, and none waits for a commit. */
function groupsOf(asked: readonly Asked[]): Asked[][] {
  const behind = asked.filter(({ statement }) => statement.inTurn === 'behind');
  const [first, ...others] = asked.filter(({ statement }) => statement.inTurn !== 'behind');
  return [first === undefined ? behind : [first, ...behind], ...others.map((one) => [one])];
}

async function askGroup(pool: pg.Pool, group: readonly Asked[]): Promise<void> {
  try {
    await withClient(pool, true, (run) =>
      Promise.all(
        group.map(({ statement, resolve, reject }) =>
          run<never>(statement).catch(rethrow).then(resolve, reject),
        ),
      ),
    );
  } catch (error) {
    // There was no connection to be had.
    for (const { reject } of group) reject(error);
  }
}
