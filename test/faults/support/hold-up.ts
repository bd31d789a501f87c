/** Holds an archive up at a chosen statement, by a lock in PostgreSQL: nothing in the archive knows of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/**
 * Where it is held up: before the transaction of a segment, which is put meanwhile; within it, everything claimed; or after it,
 * while the verdict on a newcomer is recorded.
 */
export type HoldPoint = 'before the transaction' | 'within the transaction' | 'before the verdict';

/** A lock that is held. */
export interface HoldUp {
  /** Resolves when so many statements of others wait for the lock. */
  untilWaiting(statements?: number): Promise<void>;
  /** Lets them go. */
  release(): Promise<void>;
}

/** Takes a lock that the statement at this point needs, and no statement before it. */
const LOCKS: Readonly<Record<HoldPoint, string>> = {
  // Keys of new studies are drawn by nextval(), which waits for this; nothing is changed.
  'before the transaction': 'alter sequence study_key_seq cache 32',
  'within the transaction': 'lock table change_outbox in exclusive mode',
  'before the verdict': 'lock table journal_line in exclusive mode',
};

const LIMIT_MS = 30_000;
const POLL_MS = 10;

export async function holdUp(connectionString: string, point: HoldPoint): Promise<HoldUp> {
  const [holder, watcher] = await Promise.all([connect(connectionString), connect(connectionString)]);
  await holder.query('begin');
  await holder.query(LOCKS[point]);
  const own = await holder.query<{ pid: number }>('select pg_backend_pid() as pid');
  const pid = own.rows[0]?.pid;
  return {
    untilWaiting: async (statements = 1) => {
      const deadline = performance.now() + LIMIT_MS;
      while ((await waitingFor(pid, watcher)) < statements) {
        if (performance.now() > deadline) throw new Error(`nobody waits ${point}`);
        await sleep(POLL_MS);
      }
    },
    release: async () => {
      await holder.query('rollback');
      await Promise.all([holder.end(), watcher.end()]);
    },
  };
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  // A failed test drops the database under it.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Asked on a connection of its own: within a transaction PostgreSQL shows the same activity again and again. */
async function waitingFor(pid: number | undefined, watcher: pg.Client): Promise<number> {
  const blocked = await watcher.query<{ statements: number }>(
    'select count(*)::int as statements from pg_stat_activity where $1 = any (pg_blocking_pids(pid))',
    [pid],
  );
  return blocked.rows[0]?.statements ?? 0;
}
