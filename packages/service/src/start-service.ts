/** Starts a process of the archive: settings, archive, routes, probes, server; stops them in the opposite order. */
import type { RequestListener } from 'node:http';
import {
  createApp,
  probeRoutes,
  type ReadinessCheck,
  type Route,
  type RunningService,
  readSettings,
  runService,
  type Settings,
  serveConnections,
  unknownSettings,
} from '@sandyq/http';
import { createLogger, createMetrics, type Logger, type Metrics } from '@sandyq/telemetry';
import { type Archive, openArchive } from './open-archive.ts';
import type { Peers } from './processes/peers.ts';
import { serveWithPeers } from './processes/serve-with-peers.ts';
import { shareOf } from './processes/share-of.ts';
import { isWorker, openWorkerLink } from './processes/worker-link.ts';

/** What a service mounts on an archive. */
export interface Mounted {
  readonly routes: readonly Route[];
  /** What it needs beside database and object store. */
  readonly readinessChecks?: readonly ReadinessCheck[];
  /** Ends what the service began on its own, e.g. background work. */
  stop?(): Promise<void>;
}

/** Finds or starts PostgreSQL for so many processes. */
export type OpenDatabase = (
  settings: Settings,
  logger: Logger,
  processes: number,
) => Promise<{ connectionString: string; stop(): Promise<void> }>;

export interface ServiceDefinition {
  readonly name: 'ingest' | 'index' | 'retrieval' | 'standalone';
  mount(archive: Archive): Promise<Mounted> | Mounted;
  /** How many processes serve where SANDYQ_PROCESSES does not say; default 1. */
  readonly processes?: number;
  /**
   * PostgreSQL for this process and its workers: by default DATABASE_URL. The standalone archive starts its own; `stop` ends it after
   * everything else.
   */
  readonly openDatabase?: OpenDatabase;
  /** Called once the server listens. */
  onListening?(url: string, settings: Settings): void;
}

/** Runs the service until it is told to stop; the process ends with it. Workers that it starts come here as well. */
export async function startService(definition: ServiceDefinition): Promise<void> {
  const all = settingsOrExit();
  const processes = all.processes ?? definition.processes ?? 1;
  const settings = shareOf(all, processes);
  const logger = createLogger({ name: definition.name, level: settings.logLevel });
  const worker = isWorker();
  if (!worker) {
    for (const name of unknownSettings(process.env)) logger.warn('unknown-setting', { setting: name });
  }
  await runService({
    logger,
    start: (stopping) => {
      const run = {
        definition,
        settings,
        processes,
        logger,
        metrics: createMetrics({ processMetrics: true }),
        stopping,
      };
      return undoneOnFailure((steps) => (worker ? startWorker(run, steps) : startFirst(run, steps)));
    },
  });
}

/** Faults of the settings are for the person at the terminal: all at once, without a stack. */
function settingsOrExit(): Settings {
  try {
    return readSettings(process.env, { cwd: process.cwd() });
  } catch (error) {
    return exitWith(error instanceof Error ? error.message : String(error));
  }
}

function exitWith(message: string): never {
  process.stderr.write(`\n${message}\n\n`);
  process.exit(1);
}

/** Undone in the opposite order, also when a later step fails. */
class Steps {
  readonly #undo: (() => Promise<unknown>)[] = [];

  done(undo: () => Promise<unknown>): void {
    this.#undo.push(undo);
  }

  async undo(): Promise<void> {
    for (const undo of this.#undo.splice(0).reverse()) await undo();
  }
}

async function undoneOnFailure(start: (steps: Steps) => Promise<void>): Promise<RunningService> {
  const steps = new Steps();
  try {
    await start(steps);
    return { stop: () => steps.undo() };
  } catch (error) {
    await steps.undo();
    throw error;
  }
}

/** A process that starts. */
interface Run {
  readonly definition: ServiceDefinition;
  /** Of one of the processes. */
  readonly settings: Settings;
  readonly processes: number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly stopping: AbortSignal;
}

/** The process that has the database, and listens. */
async function startFirst(run: Run, steps: Steps): Promise<void> {
  const { definition, settings, processes, logger, metrics } = run;
  const { openDatabase = externalDatabase } = definition;
  const postgres = await openDatabase(settings, logger, processes);
  steps.done(() => postgres.stop());
  const { connectionString } = postgres;
  const serving = await serveWithPeers({
    settings,
    processes,
    logger,
    metrics,
    connectionString,
    open: (peers) => openApp(run, connectionString, peers, steps),
  });
  steps.done(() => serving.close());
  logger.info('listening', { port: serving.port });
  definition.onListening?.(serving.url, settings);
  serving.startWorkers();
}

/** A process that serves the connections which the first gives it. */
async function startWorker(run: Run, steps: Steps): Promise<void> {
  const link = openWorkerLink(run.metrics);
  const { connectionString } = await externalDatabase(run.settings);
  const app = await openApp(run, connectionString, link.peers, steps);
  const server = serveConnections(app, { ...run.settings, metrics: run.metrics });
  steps.done(() => server.close());
  link.serve((connection) => server.take(connection));
}

async function openApp(
  { definition, settings, logger, metrics, stopping }: Run,
  connectionString: string,
  peers: Peers,
  steps: Steps,
): Promise<RequestListener> {
  const archive = await openArchive({ settings, connectionString, logger, metrics, peers });
  steps.done(() => archive.close());
  const mounted = await definition.mount(archive);
  steps.done(async () => mounted.stop?.());
  const probes = probeRoutes({
    checks: [...archive.readinessChecks, ...(mounted.readinessChecks ?? [])],
    metrics: { ...metrics, render: () => peers.renderMetrics() },
    logger,
    stopping,
    openMetrics: settings.openMetrics,
  });
  return createApp({
    routes: [...probes, ...mounted.routes],
    authenticate: archive.authenticate,
    audit: archive.audit,
    logger,
    metrics,
    settings,
  });
}

function externalDatabase({ database }: Settings) {
  if (database.kind !== 'external') {
    return exitWith(
      'DATABASE_URL is not set: a split service needs PostgreSQL, e.g. postgres://sandyq@db/sandyq',
    );
  }
  return Promise.resolve({ connectionString: database.url.reveal(), stop: () => Promise.resolve() });
}
