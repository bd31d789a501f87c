/** Another retrieval process of a running archive: its own caches and server, the same database and store. */
import { createApp, serve } from '@sandyq/http';
import { mountRetrieval } from '@sandyq/retrieval';
import { createMetrics } from '@sandyq/telemetry';
import type { TestArchive } from './start-archive.ts';

/** A server that has cached nothing yet. */
export interface SecondRetrieval {
  readonly url: string;
  /** Resolves when nothing of it is under way any more. */
  stop(): Promise<void>;
}

/** Starts it. Memory is shared with the first one in no way that retrieval knows of. */
export async function startSecondRetrieval({ archive, settings }: TestArchive): Promise<SecondRetrieval> {
  const metrics = createMetrics();
  const mounted = mountRetrieval({ ...archive, metrics });
  const { authenticate, audit, logger } = archive;
  const app = createApp({ routes: mounted.routes, authenticate, audit, logger, metrics, settings });
  const server = await serve(app, { host: '127.0.0.1', port: 0, maxConnections: 100, metrics });
  return {
    url: server.url,
    stop: async () => {
      await server.close({ graceMs: 1_000 });
      await mounted.stop?.();
    },
  };
}
