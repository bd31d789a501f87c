/** A floor as processes of its own: `node main.ts FOLDER PROCESSES`. Prints its URL when it serves; ends with SIGTERM. */
import cluster, { type Worker } from 'node:cluster';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

const [folder = '', processes = '1'] = process.argv.slice(2);
const segments = join(folder, 'segments');
/**
 * Received bytes are memory outside of the heap that V8 collects the whole heap for, every 12 MB as long as the heap is small:
 * a fifth of the time of a store. A larger start makes that rare.
 */
const WORKER_FLAGS = ['--initial-old-space-size=512', '--min-semi-space-size=32', '--max-semi-space-size=32'];
// Each loads what it needs and no more: a small heap is a cheap one.
if (cluster.isPrimary) await runPrimary(Number(processes));
else await serve(process.env['FLOOR_DATABASE'] ?? '');

/** The first process has the database; the others serve. */
async function runPrimary(count: number): Promise<void> {
  const { startEmbeddedPostgres } = await import('@sandyq/standalone');
  const { silentLogger } = await import('@sandyq/telemetry');
  const { FloorIndex } = await import('./floor-index.ts');
  const ended = new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve).once('SIGINT', resolve).once('disconnect', resolve);
  });
  const postgres = await startEmbeddedPostgres({ dataDirectory: folder, logger: silentLogger() });
  try {
    const index = await FloorIndex.open(postgres.connectionString);
    await index.create();
    await index.close();
    await mkdir(join(segments, 'static'), { recursive: true });
    process.stdout.write(`http://127.0.0.1:${await fork(count, postgres.connectionString)}\n`);
    await ended;
    await Promise.all(
      Object.values(cluster.workers ?? {})
        .flatMap((worker) => worker ?? [])
        .map(end),
    );
  } finally {
    await postgres.stop();
  }
  process.exit();
}

/** Returns the port, which they share. */
async function fork(count: number, connectionString: string): Promise<number> {
  cluster.setupPrimary({ execArgv: WORKER_FLAGS });
  const workers = Array.from({ length: count }, () => cluster.fork({ FLOOR_DATABASE: connectionString }));
  const ports = workers.map(
    (worker) =>
      new Promise<number>((resolve, reject) => {
        worker.once('listening', ({ port }) => resolve(port));
        worker.once('exit', () => reject(new Error('a process of the floor ended')));
      }),
  );
  return (await Promise.all(ports))[0] ?? 0;
}

/** What a worker has stored is thrown away with it. */
function end(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    worker.once('exit', () => resolve());
    worker.process.kill('SIGKILL');
  });
}

async function serve(connectionString: string): Promise<void> {
  const { FloorServer } = await import('./floor-server.ts');
  const { server } = await FloorServer.open({ connectionString, folder: segments });
  server.listen(0, '127.0.0.1');
}
