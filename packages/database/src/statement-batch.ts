/**
 * Statements that are sent together and answered together: PostgreSQL answers at a Sync, and each answer that leaves by itself wakes
 * both sides (PostgreSQL manual, §54.2.4 "Pipelining"). What `pg` sends has a Sync behind each statement.
 */
import pg from 'pg';
import { valueTypes } from './value-types.ts';

/** What `pg` calls on a query while PostgreSQL answers it; `@types/pg` says nothing of it. */
interface Answered {
  name?: string | undefined;
  handleRowDescription(message: unknown): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: unknown): void;
  handleReadyForQuery(connection: unknown): void;
}

declare module 'pg' {
  interface Connection {
    /** Texts of what was prepared on it, by name. */
    readonly parsedStatements: Record<string, string | undefined>;
    /** Of what was sent to be prepared, and not answered yet. */
    readonly submittedNamedStatements: Record<string, string | undefined>;
  }
}

interface Asked {
  readonly query: pg.Query & Answered;
  readonly reject: (error: unknown) => void;
  /** Why it could not be sent. */
  fault?: unknown;
}

/**
 * A query of `pg`'s client that is several: in a transaction only, because the first that fails ends all that are behind it, with the
 * same error. The answer to each is there when its command is complete.
 */
export class StatementBatch extends pg.Query implements Answered {
  /** For `pg`: whose statement is answered now. */
  declare name: string | undefined;
  /** Set by `pg`: ends its wait for an answer. */
  declare callback: ((error?: unknown) => void) | undefined;
  readonly #asked: Asked[] = [];
  #answered = 0;

  constructor() {
    super({ text: '' });
  }

  /** To be called before the batch is submitted. */
  add<Row extends pg.QueryResultRow>(statement: pg.QueryConfig): Promise<pg.QueryResult<Row>> {
    const { promise, resolve, reject } = Promise.withResolvers<pg.QueryResult<Row>>();
    // Without values `pg` would send it as text, which is a Sync of its own.
    const config = { ...statement, queryMode: 'extended', types: valueTypes };
    const settle = (error: unknown, result: unknown): void => {
      asked.fault = error ?? undefined;
      if (error === null) resolve(result as pg.QueryResult<Row>);
      else reject(error);
    };
    const asked: Asked = { query: new pg.Query(config, settle) as pg.Query & Answered, reject };
    this.#asked.push(asked);
    return promise;
  }

  override submit = (connection: pg.Connection): void => {
    const nothing = { value: () => undefined };
    const withoutSync: pg.Connection = Object.create(connection, { sync: nothing, close: nothing });
    connection.stream.cork();
    for (const [index, asked] of this.#asked.entries()) {
      asked.fault = asked.query.submit(withoutSync) ?? asked.fault;
      if (asked.fault !== undefined) this.#fail(index, asked.fault, connection);
    }
    connection.sync();
    connection.stream.uncork();
    this.name = this.#current?.query.name;
  };

  handleRowDescription(message: unknown): void {
    this.#current?.query.handleRowDescription(message);
  }

  handleDataRow(message: unknown): void {
    this.#current?.query.handleDataRow(message);
  }

  handleCommandComplete(message: unknown, connection: pg.Connection): void {
    const { query } = this.#current ?? {};
    query?.handleCommandComplete(message, connection);
    query?.handleReadyForQuery(connection);
    this.#answered += 1;
    this.name = this.#current?.query.name;
  }

  handleError(error: unknown, connection: pg.Connection): void {
    this.#fail(this.#answered, error, connection);
    this.callback?.(error);
  }

  handleReadyForQuery(): void {
    this.callback?.();
  }

  get #current(): Asked | undefined {
    return this.#asked[this.#answered];
  }

  /** PostgreSQL passes over what is behind a statement that failed: none of it was prepared. */
  #fail(from: number, error: unknown, { parsedStatements, submittedNamedStatements }: pg.Connection): void {
    for (const { query, reject } of this.#asked.splice(from)) {
      const { name = '' } = query;
      if (parsedStatements[name] === undefined) delete submittedNamedStatements[name];
      reject(error);
    }
  }
}
