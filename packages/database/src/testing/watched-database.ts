/** A database of which a test sees the statements. */
import type { Database, Statement } from '../database.ts';

/** The same database; `tell` is called with each statement of a transaction before it is sent. */
export function watchedDatabase(database: Database, tell: (statement: Statement) => void): Database {
  return {
    ...database,
    inTransaction: (work, options) =>
      database.inTransaction(
        (client) =>
          work({
            query: (statement) => {
              tell(statement);
              return client.query(statement);
            },
          }),
        options,
      ),
  };
}
