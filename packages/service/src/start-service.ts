/** Starts a process of the archive: settings, archive, routes, probes, server; stops them in the opposite order. */
import {
  createApp,
  probeRoutes,
  type ReadinessCheck,
  type Route,
  type RunningService,
  readSettings,
  runService,
  type Settings,
  serve,
  unknownSettings,
} from '@sandyq/http';
import { createLogger, createMetrics, type Logger } from '@sandyq/telemetry';
import { type Archive, openArchive } from './open-archive.ts';

/** What a service mounts on an archive. */
export interface Mounted {
  readonly routes: readonly Route[];
  /** What it needs beside database and object store. */
  readonly readinessChecks?: readonly ReadinessCheck[];
  /** Ends what the service began on its own, e.g. background work. */
  stop?(): Promise<void>;
}

export type OpenDatabase = (
  settings: Settings,
  logger: Logger,
) => Promise<{ connectionString: string; stop(): Promise<void> }>;

export interface ServiceDefinition {
  readonly name: 'ingest' | 'index' | 'retrieval' | 'standalone';
  mount(archive: Archive): Promise<Mounted> | Mounted;
  /**
   * PostgreSQL for this process: by default DATABASE_URL. The standalone archive starts its own; `stop` ends it after
   * everything else.
   */
  readonly openDatabase?: (
    settings: Settings,
    logger: Logger,
  ) => Promise<{ connectionString: string; stop(): Promise<void> }>;
  /** Called once the server listens. */
  onListening?(url: string, settings: Settings): void;
}

/** Runs the service until it is told to stop; the process ends with it. */
export async function startService(definition: ServiceDefinition): Promise<void> {
  const settings = settingsOrExit();
  const logger = createLogger({ name: definition.name, level: settings.logLevel });
  for (const name of unknownSettings(process.env)) logger.warn('unknown-setting', { setting: name });
  await runService({ logger, start: (stopping) => start(definition, { settings, logger, stopping }) });
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

async function start(
  definition: ServiceDefinition,
  { settings, logger, stopping }: { settings: Settings; logger: Logger; stopping: AbortSignal },
): Promise<RunningService> {
  const steps = new Steps();
  try {
    const { openDatabase = externalDatabase } = definition;
    const postgres = await openDatabase(settings, logger);
    steps.done(() => postgres.stop());
    const metrics = createMetrics({ processMetrics: true });
    const archive = await openArchive({
      settings,
      connectionString: postgres.connectionString,
      logger,
      metrics,
    });
    steps.done(() => archive.close());
    const mounted = await definition.mount(archive);
    steps.done(async () => mounted.stop?.());
    const probes = probeRoutes({
      checks: [...archive.readinessChecks, ...(mounted.readinessChecks ?? [])],
      metrics,
      logger,
      stopping,
      openMetrics: settings.openMetrics,
    });
    const app = createApp({
      routes: [...probes, ...mounted.routes],
      authenticate: archive.authenticate,
      audit: archive.audit,
      logger,
      metrics,
      settings,
    });
    const server = await serve(app, { ...settings, metrics });
    steps.done(() => server.close());
    logger.info('listening', { port: server.port });
    definition.onListening?.(server.url, settings);
    return { stop: () => steps.undo() };
  } catch (error) {
    await steps.undo();
    throw error;
  }
}

function externalDatabase({ database }: Settings) {
  if (database.kind !== 'external') {
    return exitWith(
      'DATABASE_URL is not set: a split service needs PostgreSQL, e.g. postgres://sandyq@db/sandyq',
    );
  }
  return Promise.resolve({ connectionString: database.url.reveal(), stop: () => Promise.resolve() });
}
