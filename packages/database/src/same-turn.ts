/**
 * Statements that share a connection and a write. An answer needs the row that it is about and its audit row, and many clients ask
 * at once: what is asked for in one turn of the event loop leaves together, because to wake a backend of PostgreSQL costs more
 * than what it is asked.
 */
import type pg from 'pg';
import { rethrow } from './errors.ts';
import { type Statement, withClient } from './pooled-client.ts';

/** Questions that share a connection; the last of them waits for the others, which take a fraction of a millisecond each. */
const QUESTIONS_TOGETHER = 4;

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
    // When every connection that has something to read was read from.
    if (waiting.length === 0) setImmediate(leave);
    const { promise, resolve, reject } = Promise.withResolvers<pg.QueryResult<never>>();
    waiting.push({ statement, resolve, reject });
    return promise;
  };
}

/** What commits goes behind the fewest: no question waits for a commit. */
function groupsOf(asked: readonly Asked[]): Asked[][] {
  const behind = asked.filter(({ statement }) => statement.inTurn === 'behind');
  const ahead = asked.filter(({ statement }) => statement.inTurn !== 'behind');
  const groups: Asked[][] = [];
  while (ahead.length > 0) groups.push(ahead.splice(0, QUESTIONS_TOGETHER));
  const last = groups.pop() ?? [];
  return [...groups, [...last, ...behind]];
}

async function askGroup(pool: pg.Pool, group: readonly Asked[]): Promise<void> {
  try {
    await withClient(pool, { keepsPlans: true }, (run) =>
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
