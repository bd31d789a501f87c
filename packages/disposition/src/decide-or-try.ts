/** A decision that is taken, or only tried out: then everything is checked as if it were taken, and nothing has changed. */
import type { Database, Queryable } from '@sandyq/database';

/** Ends a transaction that was only tried out. */
class TriedOut extends Error {
  override readonly name = 'TriedOut';
}

/** Runs the decision in a transaction of its own; a trial is rolled back. Throws what the decision throws, either way. */
export async function decideOrTry<Result>(
  database: Database,
  isTrial: boolean,
  decision: (client: Queryable) => Promise<Result>,
): Promise<Result> {
  const tried: Result[] = [];
  try {
    return await database.inTransaction(async (client) => {
      const result = await decision(client);
      if (!isTrial) return result;
      tried.push(result);
      throw new TriedOut();
    });
  } catch (error) {
    const [result] = tried;
    if (error instanceof TriedOut && result !== undefined) return result;
    throw error;
  }
}
