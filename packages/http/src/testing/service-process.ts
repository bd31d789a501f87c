/** A process that lives as services do, for run-service.test.ts. What it does is its first argument. */
import { createLogger, createMetrics } from '@sandyq/telemetry';
import { StartError } from '../errors.ts';
import { runService } from '../run-service.ts';
import { serve } from '../serve.ts';

const what = process.argv[2] ?? '';
const never = new Promise<never>(() => undefined);

await runService({
  logger: createLogger({ name: 'test' }),
  stopLimitMs: 3000,
  start: async (stopping) => {
    if (what === 'fails') throw new StartError('port-taken', 'The port is taken: set SANDYQ_PORT.');
    const server = await serve((_, response) => setTimeout(() => response.end('slow'), 500), {
      host: '127.0.0.1',
      port: 0,
      maxConnections: 10,
      metrics: createMetrics(),
    });
    process.stdout.write(`listening ${server.port}\n`);
    if (what === 'starts-slowly') await new Promise((resolve) => stopping.addEventListener('abort', resolve));
    if (what === 'throws-later') setTimeout(() => void Promise.reject(new Error('nobody handles this')), 50);
    return {
      stop: async () => {
        await server.close();
        if (what === 'stop-hangs') await never;
        if (what === 'stop-fails') throw new Error('stop failed');
      },
    };
  },
});
