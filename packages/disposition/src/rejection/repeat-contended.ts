/** Decisions that meet a commit of newcomers, a rewrite or each other: begun anew where PostgreSQL let the other one go on. */
import { type Database, DatabaseError, type Queryable } from '@sandyq/database';

const MAX_ATTEMPTS = 8;

/** Runs the work in a transaction of its own, each attempt. Throws what it throws, and DatabaseError. */
export async function inContendedTransaction<Result>(
  database: Database,
  work: (client: Queryable) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await database.inTransaction(work);
    } catch (error) {
      const isContended = error instanceof DatabaseError && error.code === 'contention';
      if (!isContended || attempt >= MAX_ATTEMPTS) throw error;
    }
  }
}
