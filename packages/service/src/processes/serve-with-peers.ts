/** The first process: listens, serves alone or with workers, and ends them. */
import type { RequestListener } from 'node:http';
import { type Settings, serve, serveConnections, shareConnections } from '@sandyq/http';
import type { Logger, Metrics } from '@sandyq/telemetry';
import { noPeers, type Peers } from './peers.ts';
import { ServingProcesses } from './serving-processes.ts';

/** What it needs. */
export interface ServeWithPeersOptions {
  /** Of one of the processes. */
  readonly settings: Settings;
  /** All of them. */
  readonly processes: number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** PostgreSQL's, for the workers. */
  readonly connectionString: string;
  /** Opens what this process serves. */
  readonly open: (peers: Peers) => Promise<RequestListener>;
}

/** Processes that serve. */
export interface Serving {
  readonly url: string;
  readonly port: number;
  /** To be called once: what they do is more than one process can, not other than it can. */
  startWorkers(): void;
  /** Accepts no more, and lets all processes end what they have begun. */
  close(): Promise<void>;
}

/** Listens. With one process there is nobody to give connections to. */
export async function serveWithPeers(options: ServeWithPeersOptions): Promise<Serving> {
  const { settings, processes, metrics, open } = options;
  if (processes > 1) return serveWithWorkers(options);
  const server = await serve(await open(noPeers(metrics)), { ...settings, metrics });
  return {
    url: server.url,
    port: server.port,
    startWorkers: () => undefined,
    close: async () => void (await server.close()),
  };
}

async function serveWithWorkers(options: ServeWithPeersOptions): Promise<Serving> {
  const { settings, processes, metrics, logger, open } = options;
  const others = new ServingProcesses({
    processes,
    own: (connection) => server.take(connection),
    logger,
    metrics,
    command: { file: process.argv[1] ?? '', environment: environmentOfWorkers(options) },
    onGivenUp: () => {
      logger.error('workers-given-up');
      process.stderr.write(
        '\nSandyq ends: its worker processes end as soon as they start. The log says why.\n\n',
      );
      // The kernel ends what is left of the others with this process.
      process.exit(1);
    },
  });
  const server = serveConnections(await open(others.peers), { ...settings, metrics });
  const listener = await shareConnections({
    ...settings,
    give: (connection) => others.give(connection),
  });
  return {
    url: listener.url,
    port: listener.port,
    startWorkers: () => others.start(),
    close: async () => {
      listener.close();
      await Promise.all([server.close(), others.stop()]);
    },
  };
}

/** A worker is told what the first process found out: how many serve, and where PostgreSQL is. */
function environmentOfWorkers({ processes, connectionString }: ServeWithPeersOptions): NodeJS.ProcessEnv {
  return { ...process.env, SANDYQ_PROCESSES: String(processes), DATABASE_URL: connectionString };
}
