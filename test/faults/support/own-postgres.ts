/** A PostgreSQL of the test's own, to be paused, killed and started again; and copies of its databases. Linux. */
import { openDatabase } from '@sandyq/database';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@sandyq/standalone';
import { silentLogger } from '@sandyq/telemetry';
import { killTree, signalTree } from './kill-tree.ts';

/** The server. Its address stays the same from start to start. */
export interface OwnPostgres {
  /** Of the database `sandyq`. */
  readonly connectionString: string;
  /** SIGSTOP to every process of it. */
  pause(): Promise<void>;
  goOn(): Promise<void>;
  /** SIGKILL to every process of it. */
  kill(): Promise<void>;
  /** After {@link kill}. */
  start(): Promise<void>;
  /** Runs statements one by one on the database `postgres`. */
  administer(...statements: string[]): Promise<void>;
  stop(): Promise<void>;
}

export async function startOwnPostgres(dataDirectory: string): Promise<OwnPostgres> {
  const start = (): Promise<EmbeddedPostgres> =>
    startEmbeddedPostgres({ dataDirectory, logger: silentLogger(), settings: { max_connections: '100' } });
  let server = await start();
  const { connectionString } = server;
  const pid = (): number => {
    if (server.pid === undefined) throw new Error('the server belongs to another process');
    return server.pid;
  };
  return {
    connectionString,
    pause: () => signalTree(pid(), 'SIGSTOP'),
    goOn: () => signalTree(pid(), 'SIGCONT'),
    kill: async () => {
      await killTree(pid());
      await server.stop();
    },
    start: async () => {
      server = await start();
    },
    administer: async (...statements) => {
      const url = new URL(connectionString);
      url.pathname = '/postgres';
      const database = openDatabase({ connectionString: url.toString(), maxConnections: 1 });
      try {
        for (const text of statements) await database.query({ text });
      } finally {
        await database.close();
      }
    },
    stop: () => server.stop(),
  };
}
